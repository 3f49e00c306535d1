"""Directories that refuse and write otherwise than most, as the tests' own server does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from app.directory.directory import LdapDirectory
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject
from app.errors import Code, Refusal
from app.protocol.credentials import Credentials
from app.protocol.secret import Secret
from tests.support.directory import log_in
from tests.support.small_directory import Entry, SmallDirectory

_ALICE = "uid=alice,ou=people,dc=example,dc=com"
ENTRIES = (
    Entry("ou=people,dc=example,dc=com", {"ou": ["people"]}),
    Entry("ou=groups,dc=example,dc=com", {"ou": ["groups"]}),
    Entry(_ALICE, {"uid": ["alice"], "cn": ["Alice"]}, "alice-password"),
    Entry("cn=team-web,ou=groups,dc=example,dc=com", {"cn": ["team-web"], "member": [_ALICE]}),
)


@pytest.fixture
def glauth() -> Iterator[SmallDirectory]:
    """Start a directory that lets nobody read its root without a bind."""
    with SmallDirectory(ENTRIES, closes_on_root=True) as running:
        yield running


@pytest.fixture
def directory(glauth: SmallDirectory) -> Iterator[LdapDirectory]:
    """Open it."""
    settings = DirectorySettings.model_validate(glauth.section())
    with contextlib.closing(LdapDirectory(settings)) as opened:
        yield opened


def _log_in(directory: LdapDirectory, password: str) -> DirectorySubject | Refusal:
    return log_in(directory, Credentials("alice", Secret(password)))


def test_a_directory_with_a_closed_root_logs_people_in(directory: LdapDirectory) -> None:
    """Nothing of a login reads the root entry."""
    subject = _log_in(directory, "alice-password")
    assert isinstance(subject, DirectorySubject)
    assert [group.name for group in subject.groups] == ["team-web"]


def test_a_directory_with_a_closed_root_refuses_a_wrong_password(directory: LdapDirectory) -> None:
    """As every other one does."""
    answer = _log_in(directory, "wrong")
    assert isinstance(answer, Refusal)
    assert answer.code is Code.WRONG_CREDENTIALS
