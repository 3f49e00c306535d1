"""One contract for the real directory and the one in memory that stands in for it in unit tests."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

import pytest

from app.directory.ldap import LdapDirectory
from app.directory.subject import DirectorySubject
from app.errors import Code, Refusal
from app.protocol.credentials import WRONG_CREDENTIALS, Credentials
from app.protocol.secret import Secret
from tests.support.directory import GROUPS, LOCKED, PASSWORDS, FakeDirectory, group_names
from tests.support.ldap import directory_settings
from tests.support.slapd import Slapd


class Directory(Protocol):
    """The port."""

    def authenticate(self, credentials: Credentials) -> DirectorySubject | Refusal:
        """Find out who somebody is."""

    def ping(self) -> None:
        """Find out whether it works."""


@pytest.fixture(params=["slapd", "memory"])
def directory(request: pytest.FixtureRequest) -> Iterator[Directory]:
    """Give each implementation in turn."""
    if request.param == "memory":
        yield FakeDirectory()
    else:
        slapd: Slapd = request.getfixturevalue("slapd")
        with contextlib.closing(LdapDirectory(directory_settings(slapd))) as real:
            yield real


def _log_in(directory: Directory, name: str, password: str) -> DirectorySubject | Refusal:
    return directory.authenticate(Credentials(name, Secret(password)))


@pytest.mark.parametrize("name", sorted(GROUPS.keys() - LOCKED))
def test_the_right_password_gives_the_subject_and_all_groups(directory: Directory, name: str) -> None:
    """Each person of the sample company is who they say, in their groups, the nested ones included."""
    subject = _log_in(directory, name, PASSWORDS[name])
    assert isinstance(subject, DirectorySubject)
    assert subject.name == name
    assert subject.id
    assert not subject.is_robot
    assert group_names(subject.groups) == dict(GROUPS[name])


@pytest.mark.parametrize("typed", ["ALICE", "Alice", "aLICE"])
def test_another_case_is_the_same_subject(directory: Directory, typed: str) -> None:
    """A name typed in another case is the one canonical subject."""
    subject = _log_in(directory, typed, PASSWORDS["alice"])
    assert isinstance(subject, DirectorySubject)
    assert subject.name == "alice"


@pytest.mark.parametrize(
    "typed",
    [
        " alice",
        "alice ",
        "alice\t",
        "alice\0",
        "alice\0zzz",
        "al\u200bice",
        "\uff41lice",
        "a" * 257,
        "*",
        "al*",
        "alice)(uid=*",
    ],
)
def test_a_spelling_that_servers_fold_is_nobody(directory: Directory, typed: str) -> None:
    """Blanks, NULs, invisible and full-width characters, and filter syntax never find alice."""
    answer = _log_in(directory, typed, PASSWORDS["alice"])
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.message) == (Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS)


@pytest.mark.parametrize(
    ("name", "password"), [("bob", "wrong"), ("carol", "carol-password "), ("nobody", "x")]
)
def test_a_wrong_password_and_an_unknown_name_are_told_apart_by_nothing(
    directory: Directory, name: str, password: str
) -> None:
    """Both are refused with one code and one text."""
    answer = _log_in(directory, name, password)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.message) == (Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS)


@pytest.mark.parametrize("password", [PASSWORDS["dave"], "wrong"])
def test_a_locked_account_is_refused_without_saying_so(directory: Directory, password: str) -> None:
    """The password is not proved, so the text must not tell; the code may, for the log."""
    answer = _log_in(directory, "dave", password)
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.message) == (Code.ACCOUNT_LOCKED, WRONG_CREDENTIALS)


def test_a_directory_that_works_answers_a_ping(directory: Directory) -> None:
    """A ping raises nothing."""
    directory.ping()
