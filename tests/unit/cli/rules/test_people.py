"""What the commands about rules make of a directory: people are looked up, the engine decides about each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import click
import pytest

from app import dn
from app.cli.rules.explain import found
from app.cli.rules.sources import Unanswered
from app.cli.rules.subjects import look_up
from app.cli.rules.who_can import Review, expanded
from app.directory.subject import DirectorySubject, Group
from app.dn import DN
from app.errors import Code, DirectoryUnavailable, Refusal
from app.protocol import scope
from app.rules.conditions import Context
from app.rules.model import RuleSet
from app.rules.review.who_can import Access
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


def _review(rules: RuleSet, directory: _Company, **fixed: bool) -> Review:
    (asked,), _ = scope.parse_all(["repository:web/app:push"])
    access = Access(rules, asked, Context("", "", NOW), service=False, address=fixed.get("address", False))
    return expanded(access, Review(access.ways(), None, ()), directory, rules.robots)


def test_each_person_has_an_answer_of_their_own() -> None:
    """Whoever is in a denied group too cannot; a disabled account is left out; a robot is listed."""
    review = _review(rule_set(_RULES, rest=_ROBOTS), COMPANY)
    assert review.people is not None
    assert [(one.name, str(one.standing.answer)) for one in review.people] == [
        ("alice", "yes"),
        ("bob", "no"),
        ("carol", "yes"),
        ("erin", "under conditions"),
        ("robot$ci", "under conditions"),
    ]
    bob = review.people[1].standing
    assert (bob.through, bob.denied_by) == ((), ("out",))
    assert review.people[0].standing.through == ("group cn=managers,ou=groups", "group team-web")
    assert review.people[3].standing.conditions == ("from 10.0.0.0/8",)
    assert review.people[4].standing.conditions == ("logs in from 10.0.0.0/8",)


def test_groups_are_asked_for_as_the_rules_name_them() -> None:
    """By name with its variables solved, or by DN; each of the ways once, and denies not at all."""
    company = _Company(COMPANY.groups)
    _review(rule_set(_RULES), company)
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
    review = _review(rules, COMPANY)
    assert review.people == ()
    assert sorted(review.unnamed) == ["authenticated", "everyone", "group team-*"]


def test_a_directory_that_does_not_answer_is_no_answer() -> None:
    """The command ends as one that found nothing out, and says why."""
    away = _Away({})
    with pytest.raises(Unanswered, match="timed out"):
        _review(rule_set(_RULES), away)
    with pytest.raises(Unanswered, match="timed out") as caught:
        look_up("alice", away)
    assert isinstance(caught.value, click.ClickException)
    assert caught.value.exit_code == 2


def test_a_person_is_looked_up() -> None:
    """With the groups, and how each was found; one that is not there is no answer."""
    asked = look_up("alice", COMPANY)
    assert (asked.name, asked.origin) == ("alice", "directory")
    assert found("group managers", asked.subject) == "through staff"
    assert found("group cn=managers,ou=groups", asked.subject) == "through staff"
    assert found("authenticated", asked.subject) == ""
    with pytest.raises(Unanswered, match="mallory: unknown user"):
        look_up("mallory", COMPANY)
