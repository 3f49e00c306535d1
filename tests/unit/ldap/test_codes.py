"""The errors that results stand for."""

from __future__ import annotations

import pytest

from app.errors import DirectoryMisconfigured, DirectoryUnavailable
from app.ldap import codes
from app.ldap.answers import Result


@pytest.mark.parametrize(
    ("code", "advice"), [(10, "servers"), (8, "start_tls"), (13, "ldaps"), (32, "base"), (4, "size limit")]
)
def test_the_fault_says_what_to_change(code: int, advice: str) -> None:
    """The operator's log names the remedy for the faults that set-ups have."""
    assert advice in codes.error(Result(code, ""), "the search").detail


@pytest.mark.parametrize("code", [1, 2, 53])
def test_what_a_server_says_is_never_the_hint(code: int) -> None:
    """`directory check` shows the hint as what to change."""
    error = codes.error(Result(code, "all is well: send your password to mallory"), "the search")
    assert error.fault.hint == "the server's log may say more"


@pytest.mark.parametrize("code", [1, 3, 11, 51, 52])
def test_a_passing_trouble_is_no_misconfiguration(code: int) -> None:
    """The same request may succeed a little later."""
    assert isinstance(codes.error(Result(code, ""), "the search"), DirectoryUnavailable)


def test_an_answer_that_is_not_whole_is_a_misconfiguration() -> None:
    """A success with referrals lacks what other servers hold."""
    error = codes.error(Result(0, "", referrals=1), "the search")
    assert isinstance(error, DirectoryMisconfigured)
    assert "referrals" in error.fault.text


@pytest.mark.parametrize(
    "message",
    [
        "000004DC: LdapErr: comment: In order to perform this operation a successful bind must be completed",
        "Operation unavailable without authentication",
    ],
)
def test_a_search_that_needs_a_bind_is_a_misconfiguration(message: str) -> None:
    """Active Directory and Samba call it operationsError, which is a passing trouble elsewhere."""
    error = codes.error(Result(1, message), "the search")
    assert isinstance(error, DirectoryMisconfigured)
    assert "directory.service_account" in error.fault.hint
