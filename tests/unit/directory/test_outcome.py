"""What the result of a bind means."""

from __future__ import annotations

import pytest

from app.directory import outcome
from app.directory.connection import Result
from app.errors import Code, DirectoryMisconfigured, DirectoryUnavailable
from app.protocol.credentials import WRONG_CREDENTIALS

LOCKED = bytes.fromhex("3003810101")
EXPIRED = bytes.fromhex("3003810100")
MUST_CHANGE = bytes.fromhex("3003810102")
EXPIRES_IN_A_MINUTE = bytes.fromhex("3005a00380013c")
GRACE_LOGIN_AND_EXPIRED = bytes.fromhex("3008a003810102810100")


@pytest.mark.parametrize("control", [None, b"", EXPIRES_IN_A_MINUTE, b"\x30\x00"])
def test_success_without_a_policy_error_is_yes(control: bytes | None) -> None:
    """A warning in the control is none of our business."""
    assert outcome.of_bind(Result(0, "", control), tell_account_state=False) is None


@pytest.mark.parametrize(
    ("code", "control", "expected"),
    [
        (49, None, Code.WRONG_CREDENTIALS),
        (49, LOCKED, Code.ACCOUNT_LOCKED),
        (49, EXPIRED, Code.PASSWORD_EXPIRED),
        (0, MUST_CHANGE, Code.PASSWORD_MUST_CHANGE),
        (0, GRACE_LOGIN_AND_EXPIRED, Code.PASSWORD_EXPIRED),
    ],
)
def test_every_no_has_its_code(code: int, control: bytes | None, expected: Code) -> None:
    """The control counts even where the bind as such succeeded."""
    refusal = outcome.of_bind(Result(code, "", control), tell_account_state=False)
    assert refusal is not None
    assert refusal.code is expected


@pytest.mark.parametrize(("tells", "says"), [(False, WRONG_CREDENTIALS), (True, "This account is locked.")])
def test_a_lock_is_told_only_where_the_site_wants_it(tells: bool, says: str) -> None:
    """The password is not proved: by default the text is that of a wrong one."""
    refusal = outcome.of_bind(Result(49, "", LOCKED), tell_account_state=tells)
    assert refusal is not None
    assert refusal.message.startswith(says)


@pytest.mark.parametrize("code", [1, 3, 11, 51, 52])
def test_a_server_in_trouble_is_unavailable(code: int) -> None:
    """These pass: the person is told to try again."""
    with pytest.raises(DirectoryUnavailable):
        outcome.of_bind(Result(code, "busy"), tell_account_state=False)


@pytest.mark.parametrize("code", [2, 4, 8, 10, 13, 32, 34, 50, 53, 80])
def test_everything_else_is_for_an_administrator(code: int) -> None:
    """No result that is not known to be a no is taken for one."""
    with pytest.raises(DirectoryMisconfigured, match=f"LDAP result {code}"):
        outcome.of_bind(Result(code, ""), tell_account_state=False)


@pytest.mark.parametrize(
    ("code", "advice"), [(8, "start_tls"), (13, "ldaps"), (32, "base"), (4, "size limit")]
)
def test_the_detail_says_what_to_change(code: int, advice: str) -> None:
    """The operator's log names the remedy for the faults that set-ups have."""
    assert advice in outcome.failure(Result(code, ""), "the search").detail


@pytest.mark.parametrize(
    "garbage", [b"\xff\xff", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x81\x01\x63", b"abc"]
)
def test_a_control_that_cannot_be_read_is_no_error_of_the_policy(garbage: bytes) -> None:
    """The result code then speaks alone; nothing is raised out of a decoder."""
    assert outcome.policy_error(garbage) is None
