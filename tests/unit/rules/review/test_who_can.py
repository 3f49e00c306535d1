"""Who can do one thing with one repository: the ways, and what the engine says of each subject."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings

from app.protocol import scope
from app.rules.conditions import Context
from app.rules.decide import decide
from app.rules.decision import Effect
from app.rules.model import Rule, RuleSet
from app.rules.persona import Persona
from app.rules.review.who_can import Can, Inquiry, Way
from tests.unit.rules.given import NOW, person, rule_set
from tests.unit.rules.test_properties import _RULE_LISTS, _SUBJECTS


def _access(rules: RuleSet, asked: str, *, service: str | None = None, address: str | None = None) -> Inquiry:
    (one,), _ = scope.parse_all([asked])
    fixed = Context(service or "", address or "", NOW)
    return Inquiry(rules, one, fixed, service=service is not None, address=address is not None, time=True)


def test_hours_that_come_again_are_a_condition() -> None:
    """A review at night tells of whoever can push by day; one of a given time does not."""
    rules = rule_set("""
        - {id: r, groups: [web], repositories: [x], allow: [push], when: {hours: Mon-Fri 08:00-18:00 UTC}}
        - {id: d, groups: [ops], repositories: [x], allow: [push]}
        - {id: n, groups: [ops], repositories: [x], deny: [push], when: {hours: "22:00-06:00 UTC"}}
        - {id: ended, groups: [old], repositories: [x], allow: [push], when: {until: 2026-01-01}}
    """)
    (asked,), _ = scope.parse_all(["repository:x:push"])
    saturday = Context("", "", NOW)
    free = Inquiry(rules, asked, saturday, service=False, address=False, time=False)
    assert _told(free.ways()) == [
        "allow group ops (under conditions) n",
        "allow group web (under conditions) within Mon-Fri 08:00-18:00 UTC",
        "deny group ops (no) within 22:00-06:00 UTC",
    ]
    standing = free.standing(person("bob", "web"))
    assert (standing.can, standing.conditions) == (Can.SOMETIMES, ("within Mon-Fri 08:00-18:00 UTC",))
    given = Inquiry(rules, asked, saturday, service=False, address=False, time=True)
    assert _told(given.ways()) == ["allow group ops (yes)"]
    assert given.standing(person("bob", "web")).can is Can.NO


def _told(ways: tuple[Way, ...]) -> list[str]:
    return [
        " ".join([way.rule.effect, str(way.reached), f"({way.can})", *way.when, *way.denied_by])
        for way in ways
    ]


@pytest.mark.parametrize(
    ("rules", "asked", "told"),
    [
        (
            "- {id: r, groups: ['team-{t}'], repositories: ['{t}/**'], allow: [push]}",
            "web/x",
            ["allow group team-web (yes)"],
        ),
        (
            "- {id: r, groups: ['team-{t}', all], repositories: ['{t}/**'], allow: [push]}",
            "web/x",
            ["allow group team-web (yes)"],
        ),
        (
            "- {id: r, groups: ['cn={t},ou=g'], repositories: ['{t}/**'], allow: [push]}",
            "web/x",
            ["allow group cn=web,ou=g (yes)"],
        ),
        (
            "- {id: r, groups: ['{a}-{b}'], repositories: ['{a}/{b}'], allow: [push]}",
            "x-y/z",
            ["allow group x-y-z (yes)"],
        ),
        ("- {id: r, groups: ['{a}-{b}'], repositories: ['{a}/{b}'], allow: [push]}", "x/y-z", []),
        (
            "- {id: r, authenticated: true, repositories: ['s/{username}/*'], allow: [push]}",
            "s/bob/x",
            ["allow user bob (yes)"],
        ),
        (
            "- {id: r, users: ['{u}'], repositories: ['s/{u}/*'], allow: [push]}",
            "s/bob/x",
            ["allow user bob (yes)"],
        ),
        (
            "- {id: r, groups: [g], repositories: ['s/{username}/*'], allow: [push]}",
            "s/bob/x",
            ["allow group g, as user bob (yes)"],
        ),
        (
            "- {id: r, robots: ['ci-{t}'], repositories: ['{t}/*'], allow: [push]}",
            "web/x",
            ["allow robot ci-web (yes)"],
        ),
        (
            "- {id: r, groups: ['t-*'], repositories: ['**'], allow: [push]}",
            "web/x",
            ["allow group t-* (yes)"],
        ),
        ("- {id: r, groups: [g], repositories: ['**'], allow: [pull]}", "web/x", []),
        (
            "- {id: r, groups: [g], repositories: ['**'], allow: [push], when: {until: 2025-01-01}}",
            "web/x",
            [],
        ),
        (
            "- {id: r, groups: [g], repositories: ['**'], allow: [push], when: {networks: [10.0.0.0/8]}}",
            "web/x",
            ["allow group g (under conditions) from 10.0.0.0/8"],
        ),
        (
            """
            - {id: r, groups: [g], repositories: ['**'], allow: [push]}
            - {id: d, everyone: true, repositories: ['web/*'], deny: [pull]}
            """,
            "web/x",
            ["allow group g (no) d", "deny everyone (no)"],
        ),
    ],
)
def test_ways(rules: str, asked: str, told: list[str]) -> None:
    """Each way with its variables solved, its conditions, and whether anybody can by it alone."""
    assert _told(_access(rule_set(rules), f"repository:{asked}:push").ways()) == told


def test_the_catalog() -> None:
    """The catalog has ways too."""
    access = _access(rule_set("- {id: r, groups: [a], catalog: true, allow: ['*']}"), "registry:catalog:*")
    assert _told(access.ways()) == ["allow group a (yes)"]


def test_a_person_in_an_allowed_and_a_denied_group_cannot() -> None:
    """The engine decides about each subject."""
    access = _access(
        rule_set("""
            - {id: r, groups: [a], repositories: [x], allow: [push]}
            - {id: d, groups: [b], repositories: [x], deny: [push]}
        """),
        "repository:x:push",
    )
    assert access.standing(person("bob", "a")).can is Can.YES
    denied = access.standing(person("bob", "a", "b"))
    assert (denied.can, denied.denied_by) == (Can.NO, ("d",))


def test_conditions() -> None:
    """What depends on the network or the service is said, unless these are given."""
    rules = rule_set(
        "- {id: r, groups: [a], repositories: [x], allow: [push], when: {networks: [10.0.0.0/8]}}"
    )
    standing = _access(rules, "repository:x:push").standing(person("bob", "a"))
    assert (standing.can, standing.conditions) == (Can.SOMETIMES, ("from 10.0.0.0/8",))
    inside = _access(rules, "repository:x:push", address="10.1.2.3").standing(person("bob", "a"))
    assert (inside.can, inside.conditions) == (Can.YES, ())


def test_everyone_by_ones_own_name_is_that_person() -> None:
    """A rule for everyone about one's own namespace lets in its owner, and nobody without a name."""
    rules = rule_set("- {id: own, everyone: true, repositories: ['{username}/**'], allow: [push]}")
    (way,) = _access(rules, "repository:alice/x:push").ways()
    assert (str(way.reached), way.can) == ("user alice", Can.YES)


def test_a_deny_that_some_names_escape_closes_no_way() -> None:
    """A name that is no component of a repository is captured by no variable: such people still can."""
    rules = rule_set(
        "- {id: give, groups: [a], repositories: [x], allow: [push]}\n"
        "- {id: take, users: ['{name}'], repositories: [x], deny: [push]}"
    )
    access = _access(rules, "repository:x:push")
    assert access.ways()[0].can is Can.YES
    assert access.standing(person("zoë", "a")).can is Can.YES


def test_a_robot_that_cannot_log_in_cannot() -> None:
    """A robot has its own networks, which are said where the address is not given, and its date."""
    rest = """
        robots:
          - {name: ci, secrets: ['sha256:%s'], groups: [a], networks: [10.0.0.0/8], expires: %s}
    """
    rule = "- {id: r, groups: [a], repositories: [x], allow: [push]}"
    until = "logs in before 2027-01-02T00:00:00Z"
    for date, address, answer, conditions in (
        ("2027-01-01", None, Can.SOMETIMES, ("logs in from 10.0.0.0/8", until)),
        ("2027-01-01", "10.1.2.3", Can.YES, ()),
        ("2027-01-01", "192.0.2.1", Can.NO, ()),
        ("2026-01-01", None, Can.NO, ()),
    ):
        rules = rule_set(rule, rest=rest % ("0" * 64, date))
        access = _access(rules, "repository:x:push", address=address)
        standing = access.standing(rules.robots["ci"].persona(), rules.robots["ci"])
        assert (standing.can, standing.conditions) == (answer, conditions)


def test_a_way_of_one_robot_has_the_conditions_of_its_login() -> None:
    """Whether by name or by a variable; a robot that has expired has no way."""
    rest = "robots: [{name: ci-%s, secrets: ['sha256:%s'], networks: [10.0.0.0/8], expires: %s}]"
    rule = "- {id: r, robots: ['ci-{t}'], repositories: ['{t}/x'], allow: [push]}"
    bound = rule_set(rule, rest=rest % ("a", "0" * 64, "2027-01-01"))
    told = "(under conditions) logs in from 10.0.0.0/8 logs in before 2027-01-02T00:00:00Z"
    assert _told(_access(bound, "repository:a/x:push").ways()) == [f"allow robot ci-a {told}"]
    assert _told(_access(bound, "repository:b/x:push").ways()) == ["allow robot ci-b (yes)"]
    expired = rule_set(rule, rest=rest % ("a", "0" * 64, "2026-01-01"))
    assert _access(expired, "repository:a/x:push").ways()[0].can is Can.NO


@settings(max_examples=40, deadline=None)
@given(_RULE_LISTS, _SUBJECTS)
def test_who_can_has_a_way(rules: list[Rule], subject: Persona | None) -> None:
    """Whoever the engine lets do something has a way that is told, and it is not one that is closed."""
    rule_list = RuleSet("v", tuple(rules))
    for name in ("web/app", "alice/x"):
        (asked,), _ = scope.parse_all([f"repository:{name}:push"])
        context = Context("s", "192.0.2.1", datetime(2026, 1, 1, tzinfo=UTC))
        access = Inquiry(rule_list, asked, context, service=True, address=True, time=True)
        (resource,) = decide(rule_list, subject, (asked,), context).resources
        for cause in resource.outcomes[0].allowed_by if resource.outcomes[0].granted else ():
            ways = [way for way in access.ways() if way.rule.id == cause.rule]
            assert any(way.rule.effect is Effect.ALLOW and way.can is Can.YES for way in ways)
