"""Directories that refuse and write otherwise than most, as the tests' own server does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.directory.directory import LdapDirectory
from app.directory.inspect.server import inspect_server
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject
from app.errors import Code, DirectoryUnavailable, Refusal
from app.ldap.deadline import Deadline
from app.protocol.credentials import Credentials
from app.protocol.secret import Secret
from tests.support.directory import log_in
from tests.support.ldap import addresses
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


class Clock:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


_DIRECT = {
    "service_account": None,
    "login": {"mode": "direct", "template": "uid={username},ou=people,dc=example,dc=com"},
}


@pytest.mark.parametrize("changed", [{}, _DIRECT], ids=["search", "direct"])
def test_a_restart_ends_when_the_server_is_back(glauth: SmallDirectory, changed: dict[str, Any]) -> None:
    """The trial of a server that was left alone is the next bind: nothing is asked that it forbids."""
    clock = Clock()
    settings = DirectorySettings.model_validate(glauth.section(**changed))
    with contextlib.closing(LdapDirectory(settings, clock=clock)) as directory:
        assert isinstance(_log_in(directory, "alice-password"), DirectorySubject)
        glauth.stop()
        for _ in range(4):
            with pytest.raises(DirectoryUnavailable) as caught:
                _log_in(directory, "alice-password")
        assert "left alone" in caught.value.detail
        glauth.start()
        with pytest.raises(DirectoryUnavailable, match="left alone"):
            _log_in(directory, "alice-password")
        clock.now += 10
        for _ in range(2):
            assert isinstance(_log_in(directory, "alice-password"), DirectorySubject)


def test_the_inspection_of_a_directory_with_a_closed_root_finds_no_fatal_fault(
    glauth: SmallDirectory,
) -> None:
    """The root entry is read over a connection of its own, and as the service account where need be."""
    settings = DirectorySettings.model_validate(glauth.section())
    (address,) = addresses(settings)
    report = inspect_server(address, settings, Deadline(timedelta(seconds=5)), datetime.now(UTC))
    assert report.works
    assert [step.name for step in report.steps] == [
        "name",
        "connection",
        "service account",
        "root entry",
        "attributes",
        "people under ou=people,dc=example,dc=com",
        "names of people",
        "aliases",
        "groups under ou=groups,dc=example,dc=com",
    ]
    faults = {step.name: str(step.fault) for step in report.steps if step.fault is not None}
    assert faults.keys() == {"attributes"}
    assert "no root entry says where the schema is" in faults["attributes"]


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


_ODD = "cn=C++,ou=groups,dc=example,dc=com"
_CAROL = "cn=Carol, Lead,ou=people,dc=example,dc=com"
UNESCAPED = (
    *ENTRIES,
    Entry(_CAROL, {"uid": ["carol"], "memberOf": [_ODD, "cn=x+,ou=elsewhere,dc=com"]}, "carol-password"),
    Entry(_ODD, {"cn": ["C++"], "member": [_CAROL]}),
)


@pytest.mark.parametrize("strategy", ["member_of", "member_search"])
def test_dns_without_escapes_shut_nobody_out(strategy: str) -> None:
    """As LLDAP and GLAuth write them: the group has its name from its entry, and no rule can name its DN."""
    with SmallDirectory(UNESCAPED) as running:
        groups = {"bases": ["ou=groups,dc=example,dc=com"], "strategy": strategy}
        settings = DirectorySettings.model_validate(running.section(groups=groups))
        with contextlib.closing(LdapDirectory(settings)) as directory:
            subject = log_in(directory, Credentials("carol", Secret("carol-password")))
            people = [person.name for person in directory.people_in("C++")]
            assert directory.group_fault("c++") is None
    assert isinstance(subject, DirectorySubject)
    (group,) = subject.groups
    assert (group.name, group.dn.unread) == ("c++", _ODD.lower())
    assert people == ["carol"]
