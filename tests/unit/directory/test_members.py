"""The people of groups, in a directory in memory."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from app import dn
from app.directory.members import Members
from app.directory.people import People
from app.directory.settings import DirectorySettings
from app.errors import DirectoryMisconfigured
from app.ldap.answers import Entry, Result
from app.ldap.deadline import Deadline
from app.ldap.requests import Query

PEOPLE, GROUPS = "ou=people,dc=x", "ou=groups,dc=x"
_MATCHER = re.compile(r"\(([a-zA-Z]+)=([^()&|]*)\)")
Attributes = Mapping[str, Sequence[bytes]]


@dataclass(slots=True)
class Memory:
    """Answers filters that are one matcher, or several ORed."""

    entries: Sequence[Entry]

    def search(self, query: Query, deadline: Deadline) -> Result:
        """Nothing comes in ranges here."""
        raise AssertionError(f"{query} within {deadline}")

    def search_all(self, query: Query, most: int) -> list[Entry]:
        """Search."""
        matchers = [(name.lower(), value.lower()) for name, value in _MATCHER.findall(query.filter)]
        found = [
            entry
            for entry in self.entries
            if entry.dn.endswith(query.base) and any(_has(entry, *matcher) for matcher in matchers)
        ]
        assert len(found) <= most
        return found


def _has(entry: Entry, name: str, value: str) -> bool:
    return value in [text.lower() for text in entry.texts(name)]


def _person(uid: str, **more: bytes) -> Entry:
    texts = {name: [value] for name, value in more.items()}
    return Entry(f"uid={uid},{PEOPLE}", {"uid": [uid.encode()], **texts})


def _group(cn: str, *members: str, **more: Sequence[bytes]) -> Entry:
    return Entry(
        f"cn={cn},{GROUPS}", {"cn": [cn.encode()], "member": [each.encode() for each in members], **more}
    )


def _in(entries: Sequence[Entry], group: dn.DN | str, **groups: Any) -> list[str]:
    section = {
        "servers": ["ldap://127.0.0.1"],
        "service_account": {"dn": "cn=w", "password": "x"},
        "users": {"bases": [PEOPLE]},
        "groups": {"bases": [GROUPS], "nested": True} | groups,
    }
    settings = DirectorySettings.model_validate(section)
    members = Members(settings, People(settings), Memory(entries))
    return sorted(person.name for person in members.people_in(group))


ALICE, BOB = _person("alice"), _person("bob", gidnumber=b"100")


def test_everybody_is_given_once() -> None:
    """In the group itself, through two others, and in a ring."""
    entries = [
        ALICE,
        BOB,
        _group("all", ALICE.dn, f"cn=a,{GROUPS}", f"cn=b,{GROUPS}"),
        _group("a", BOB.dn, ALICE.dn),
        _group("b", BOB.dn, f"cn=all,{GROUPS}"),
    ]
    assert _in(entries, "all") == ["alice", "bob"]
    assert _in(entries, "all", nested=False) == ["alice"]


def test_groups_of_one_name_are_all_meant_and_a_dn_is_one() -> None:
    """A name says less than a DN."""
    other = Entry(f"cn=same,ou=east,{GROUPS}", {"cn": [b"same"], "member": [BOB.dn.encode()]})
    entries = [ALICE, BOB, _group("same", ALICE.dn), other]
    assert _in(entries, "same") == ["alice", "bob"]
    assert _in(entries, dn.parse(f"CN=Same, OU=east, {GROUPS}")) == ["bob"]


def test_every_kind_of_membership_counts() -> None:
    """`uniqueMember` with an identifier, `memberUid` with regard to case, and primary groups."""
    entries = [
        ALICE,
        BOB,
        _person("Carol"),
        _group("unique", uniquemember=[f"{ALICE.dn}#'0101'B".encode()]),
        _group("uid", memberuid=[b"bob", b"carol"]),
        _group("gid", objectclass=[b"posixGroup"], gidnumber=[b"100"]),
        _group("no-gid", gidnumber=[b"100"]),
        _group("empty", ""),
    ]
    assert _in(entries, "unique") == ["alice"]
    assert _in(entries, "uid") == ["bob"]
    assert _in(entries, "gid") == ["bob"]
    assert _in(entries, "no-gid") == []
    assert _in(entries, "empty") == []


def test_a_namesake_elsewhere_is_not_taken_for_a_member() -> None:
    """People are searched for by RDN; the DN decides."""
    entries = [ALICE, _group("team", "uid=alice,ou=former,dc=x")]
    assert _in(entries, "team") == []


def test_groups_nested_too_deep_are_an_error() -> None:
    """Half a list is no list."""
    chain = [_group(f"g{number}", f"cn=g{number + 1},{GROUPS}") for number in range(4)]
    assert _in([*chain, ALICE], "g0", max_depth=3) == []
    with pytest.raises(DirectoryMisconfigured, match="max_depth"):
        _in([*chain, ALICE], "g0", max_depth=2)
