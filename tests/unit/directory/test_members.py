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
        """Read one entry: nothing comes in ranges here."""
        assert query.scope == "base"
        found = tuple(entry for entry in self.entries if entry.dn == query.base)
        return Result(0 if found else 32, "", entries=found)

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


class Loose(Memory):
    """Finds whatever lies below the base."""

    def search_all(self, query: Query, most: int) -> list[Entry]:
        """Search."""
        return [entry for entry in self.entries if entry.dn.endswith(query.base)]


def _in(
    entries: Sequence[Entry], group: dn.DN | str, *, memory: type[Memory] = Memory, **groups: Any
) -> list[str]:
    section = {
        "servers": ["ldap://127.0.0.1"],
        "service_account": {"dn": "cn=w", "password": "x"},
        "users": {"bases": [PEOPLE]},
        "groups": {"bases": [GROUPS], "nested": True} | groups,
    }
    settings = DirectorySettings.model_validate(section)
    members = Members(settings, People(settings), memory(entries))
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


def test_only_a_unique_member_has_an_identifier() -> None:
    """Elsewhere `#` is a letter of a name; so is what only looks like an identifier."""
    ann = Entry(f"cn=Ann C# Dev,{PEOPLE}", {"uid": [b"ann"], "cn": [b"Ann C# Dev"]})
    odd = Entry(f"cn=Odd#'0101'B,{PEOPLE}", {"uid": [b"odd"], "cn": [b"Odd#'0101'B"]})
    entries = [
        ann,
        odd,
        _group("by-name", ann.dn, odd.dn),
        _group("unique", uniquemember=[ann.dn.encode(), f"{odd.dn}#''B".encode()]),
    ]
    assert _in(entries, "by-name") == ["ann", "odd"]
    assert _in(entries, "unique") == ["ann", "odd"]


def test_members_whose_dns_cannot_be_parsed_are_read_one_by_one() -> None:
    """People and groups; where they lie outside the bases they are none."""
    odd = Entry(f"cn=Odd, One,{PEOPLE}", {"uid": [b"odd"]})
    former = Entry("cn=For+mer,ou=former,dc=x", {"uid": [b"former"]})
    inner = Entry(f"cn=C++,{GROUPS}", {"cn": [b"C++"], "member": [ALICE.dn.encode()]})
    entries = [ALICE, odd, former, inner, _group("all", odd.dn, former.dn, inner.dn)]
    assert _in(entries, "all") == ["alice", "odd"]


def test_with_member_of_the_entry_of_the_person_says_who_is_in() -> None:
    """As in a login: a list in the group alone proves nothing, and a group need not list anybody."""
    listed = _person("listed")
    says = _person("says", memberof=f"CN=Team, {GROUPS}".encode())
    both = _person("both", memberof=f"cn=team,{GROUPS}".encode())
    entries = [listed, says, both, _group("team", listed.dn, both.dn, memberuid=[b"listed"])]
    assert _in(entries, "team", strategy="member_of") == ["both"]
    asked = [says, Entry(f"cn=Team, {GROUPS}", {"cn": [b"team"]})]
    assert _in(asked, "team", strategy="member_of") == ["says"]


@pytest.mark.parametrize(("kind", "people"), [(b"-2147483646", ["alice"]), (b"2", []), (b"x", [])])
def test_with_token_groups_only_security_groups_have_people(kind: bytes, people: list[str]) -> None:
    """The others are for mail: tokenGroups have none of them."""
    entries = [ALICE, _group("team", ALICE.dn, grouptype=[kind])]
    assert _in(entries, "team", strategy="token_groups") == people


def test_a_name_that_only_the_server_takes_for_another_is_not_meant() -> None:
    """Active Directory finds a group by a name without its accents, and rules compare them."""
    entries = [ALICE, _group("équipe", ALICE.dn)]
    assert _in(entries, "équipe", memory=Loose) == ["alice"]
    assert _in(entries, "equipe", memory=Loose) == []


def test_groups_nested_too_deep_are_an_error() -> None:
    """Half a list is no list."""
    chain = [_group(f"g{number}", f"cn=g{number + 1},{GROUPS}") for number in range(4)]
    assert _in([*chain, ALICE], "g0", max_depth=3) == []
    with pytest.raises(DirectoryMisconfigured, match="max_depth"):
        _in([*chain, ALICE], "g0", max_depth=2)
