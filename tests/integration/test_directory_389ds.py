"""What only 389 Directory Server makes: its lockout and its way of writing controls."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from app.directory.directory import LdapDirectory
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject
from app.errors import Code, Refusal
from app.protocol.credentials import WRONG_CREDENTIALS, Credentials
from app.protocol.secret import Secret
from tests.support.directory import log_in
from tests.support.dirsrv import Dirsrv
from tests.support.dirsrv_company import MOST_FAILURES, PEOPLE

pytestmark = pytest.mark.slow


def _log_in(dirsrv: Dirsrv, name: str, *passwords: str, **changed: Any) -> list[DirectorySubject | Refusal]:
    settings = DirectorySettings.model_validate(dirsrv.section(**changed))
    with contextlib.closing(LdapDirectory(settings)) as directory:
        return [log_in(directory, Credentials(name, Secret(each))) for each in passwords]


def test_an_account_that_the_server_locks_is_locked(dirsrv: Dirsrv) -> None:
    """Result 19 after some wrong passwords; with the right one too, and nobody is told why."""
    wrong = [f"no {number}" for number in range(MOST_FAILURES)]
    answers = _log_in(dirsrv, "mallory", *wrong, "mallory-password")
    assert [answer.code for answer in answers if isinstance(answer, Refusal)] == [
        *[Code.WRONG_CREDENTIALS] * MOST_FAILURES,
        Code.ACCOUNT_LOCKED,
    ]
    assert {answer.message for answer in answers if isinstance(answer, Refusal)} == {WRONG_CREDENTIALS}


def test_starttls_works(dirsrv: Dirsrv) -> None:
    """On the plain port."""
    server = f"ldap://localhost:{dirsrv.port}"
    (alice,) = _log_in(dirsrv, "alice", "alice-password", servers=[server], start_tls=True)
    assert isinstance(alice, DirectorySubject)


def test_a_direct_login_is_the_same_subject(dirsrv: Dirsrv) -> None:
    """With the name put into a DN; a name that is in no DN like this is nobody's."""
    login = {"mode": "direct", "template": f"uid={{username}},{PEOPLE}"}
    assert _log_in(dirsrv, "alice", "alice-password", login=login) == _log_in(
        dirsrv, "alice", "alice-password"
    )
    for name, password in (("carol", "carol-password"), ("nobody", "x")):
        (answer,) = _log_in(dirsrv, name, password, login=login)
        assert isinstance(answer, Refusal)
        assert answer.code is Code.WRONG_CREDENTIALS
