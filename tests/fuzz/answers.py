"""What a directory answers: octets are an answer or none, and only a bind that succeeded is a login."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris

from app import dn
from app.directory.directory import LdapDirectory
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject
from app.errors import WharfingerError
from app.ldap import answers, requests
from app.ldap.answers import NoProperAnswer
from app.ldap.requests import Query
from app.protocol.credentials import Credentials
from app.protocol.secret import Secret
from tests.support.directory import log_in
from tests.support.small_directory import Entry, SmallDirectory

_MOST = 2**16
_SEARCH = requests.search(Query("dc=x", "sub", "(uid=alice)", ("cn",)))
_BIND = requests.bind("uid=alice,dc=x", Secret("alice-password"))
_ALICE = "uid=alice,ou=people,dc=example,dc=com"
_UNITS = tuple(Entry(f"ou={name},dc=example,dc=com", {"ou": [name]}) for name in ("people", "groups"))


def prepare(_: Path) -> Callable[[bytes], None]:
    """Start a small directory, and make the check of one answer."""
    small = SmallDirectory(())
    small.start()
    directory = LdapDirectory(DirectorySettings.model_validate(small.section()))

    def check(octets: bytes) -> None:
        data = atheris.FuzzedDataProvider(octets)
        if data.ConsumeBool():
            _decode(data.ConsumeBytes(data.remaining_bytes()))
        else:
            _log_in(small, directory, data)

    return check


def _decode(octets: bytes) -> None:
    with contextlib.suppress(NoProperAnswer):
        answers.size(octets, _MOST)
    for request in (_SEARCH, _BIND):
        with contextlib.suppress(NoProperAnswer):
            answers.result([octets], request, 1)


def _log_in(small: SmallDirectory, directory: LdapDirectory, data: Any) -> None:
    password = data.PickValueInList(["alice-password", "other"])
    person = Entry(_ALICE, {"uid": ["alice"], **_attributes(data)}, password)
    groups = [
        Entry(f"{_text(data)},ou=groups,dc=example,dc=com", {"member": [_ALICE], **_attributes(data)})
        for _ in range(data.ConsumeIntInRange(0, 3))
    ]
    small.entries = [*_UNITS, person, *groups]
    try:
        answer = log_in(directory, Credentials("alice", Secret("alice-password")))
    except WharfingerError:
        return
    if isinstance(answer, DirectorySubject):
        assert password == "alice-password"
        assert answer.name == dn.fold("alice")
        assert len(answer.groups) == len({each.dn for each in groups})


def _attributes(data: Any) -> dict[str, list[str]]:
    names = ["cn", "cn;lang-de", "CN", "mail", "memberOf", _text(data)]
    return {
        data.PickValueInList(names): [_text(data) for _ in range(data.ConsumeIntInRange(0, 2))]
        for _ in range(data.ConsumeIntInRange(0, 3))
    }


def _text(data: Any) -> str:
    text: str = data.ConsumeUnicodeNoSurrogates(12)
    return text
