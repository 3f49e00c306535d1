"""Who can do something, with a directory: people are looked up, and the engine decides about each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from app import dn
from app.cli.rules.subject import found
from app.directory.subject import DirectorySubject, Group
from app.dn import DN
from app.errors import Code, DirectoryUnavailable, Refusal
from app.protocol import scope
from app.rules.conditions import Context
from app.rules.decision import Through, WhoKind
from app.rules.model import RuleSet
from app.rules.review.people import ReviewedPeople, find_people
from app.rules.review.subjects import Origin, look_up
from app.rules.review.unanswered import Unanswered
from app.rules.review.who_can import Inquiry
from tests.unit.rules.given import NOW, rule_set

_RULES = """
    - {id: teams, groups: ["team-{team}"], repositories: ["{team}/**"], allow: [pull, push]}
    - {id: managers, groups: ["cn=managers,ou=groups"], repositories: ["**"], allow: [push]}
    - {id: mine, users: [erin], repositories: ["web/**"], allow: [push], when: {networks: [10.0.0.0/8]}}
    - {id: out, groups: [contractors], repositories: ["**"], deny: [push]}
"""
_ROBOTS = (
    f"robots: [{{name: ci, secrets: ['sha256:{64 * '0'}'], groups: [team-web], networks: [10.0.0.0/8]}}]"
)


@dataclass(frozen=True, slots=True)
class _Person:
    name: str


@dataclass(frozen=True, slots=True)
class _Company:
    """A directory that keeps the contract: canonical names, groups with how they were found, refusals."""

    groups: dict[str, tuple[Group, ...]]
    disabled: frozenset[str] = frozenset()
    asked: list[DN | str] = field(default_factory=list)

    def look_up(self, name: str) -> DirectorySubject | Refusal:
        if name not in self.groups or name in self.disabled:
            return Refusal(Code.WRONG_CREDENTIALS, "no", "unknown user")
        return DirectorySubject(name, f"id-{name}", f"uid={name}", self.groups[name])

    def people_in(self, group: DN | str) -> Iterator[_Person]:
        self.asked.append(group)
        for name, groups in self.groups.items():
            if any(group in (one.name, one.dn) for one in groups):
                yield _Person(name)


class _Away(_Company):
    """A directory that does not answer."""

    def look_up(self, name: str) -> DirectorySubject | Refusal:
        raise DirectoryUnavailable("timed out")

    def people_in(self, group: DN | str) -> Iterator[_Person]:
        raise DirectoryUnavailable("timed out")


def _group(name: str, how: str = "direct") -> Group:
    return Group(name, dn.parse(f"cn={name},ou=groups"), how)


COMPANY = _Company(
    {
        "alice": (_group("team-web"), _group("managers", "through staff")),
        "bob": (_group("team-web"), _group("contractors")),
        "carol": (_group("managers"),),
        "dave": (_group("team-web"),),
        "erin": (),
    },
    disabled=frozenset(["dave"]),
)


def _people(rules: RuleSet, directory: _Company, **fixed: bool) -> ReviewedPeople:
    (asked,), _ = scope.parse_all(["repository:web/app:push"])
    address = fixed.get("address", False)
    access = Inquiry(rules, asked, Context("", "", NOW), service=False, address=address, time=True)
    return find_people(access, access.ways(), directory, rules.robots)


def test_each_person_has_an_answer_of_their_own() -> None:
    """Whoever is in a denied group too cannot; a disabled account is left out; a robot is listed."""
    people = _people(rule_set(_RULES, rest=_ROBOTS), COMPANY).listed
    assert [(one.name, str(one.standing.can)) for one in people] == [
        ("alice", "yes"),
        ("bob", "no"),
        ("carol", "yes"),
        ("erin", "under conditions"),
        ("robot$ci", "under conditions"),
    ]
    bob = people[1].standing
    assert (bob.through, bob.denied_by) == ((), ("out",))
    assert people[0].standing.through == ("group cn=managers,ou=groups", "group team-web")
    assert people[3].standing.conditions == ("from 10.0.0.0/8",)
    assert people[4].standing.conditions == ("logs in from 10.0.0.0/8",)


def test_groups_are_asked_for_as_the_rules_name_them() -> None:
    """By name with its variables solved, or by DN; each of the ways once, and denies not at all."""
    company = _Company(COMPANY.groups)
    _people(rule_set(_RULES), company)
    assert company.asked == [dn.parse("cn=managers,ou=groups"), "team-web"]


def test_what_is_nobody_in_particular_is_said() -> None:
    """Everyone, whoever has logged in, and a pattern of groups are named, not listed."""
    rules = rule_set("""
        - id: a
          everyone: true
          authenticated: true
          groups: ["team-*"]
          repositories: ["web/*"]
          allow: [push]
    """)
    people = _people(rules, COMPANY)
    assert people.listed == ()
    assert sorted(people.not_listed) == ["authenticated", "everyone", "group team-*"]


def test_a_directory_that_does_not_answer_is_no_answer() -> None:
    """Neither of the people of a group nor of one person."""
    away = _Away({})
    with pytest.raises(DirectoryUnavailable, match="timed out"):
        _people(rule_set(_RULES), away)
    with pytest.raises(DirectoryUnavailable, match="timed out"):
        look_up("alice", away)


def test_a_person_is_looked_up() -> None:
    """With the groups, and how each was found; one that is not there is no answer."""
    asked = look_up("alice", COMPANY)
    assert (asked.name, asked.origin) == ("alice", Origin.DIRECTORY)
    assert found(Through(WhoKind.GROUP, "managers"), asked.subject) == "through staff"
    assert found(Through(WhoKind.GROUP, "cn=managers,ou=groups"), asked.subject) == "through staff"
    assert found(Through(WhoKind.AUTHENTICATED), asked.subject) == ""
    with pytest.raises(Unanswered, match="mallory: unknown user"):
        look_up("mallory", COMPANY)
