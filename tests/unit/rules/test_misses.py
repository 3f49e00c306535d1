"""Why something was refused: the nearest rules, and the one thing that each lacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.protocol import scope
from app.protocol.scope import ResourceType
from app.rules.conditions import Context
from app.rules.decide import decide
from app.rules.decision import Decision, Lack
from app.rules.misses import MOST, QUICK, explain, with_nearest
from app.rules.model import Rule, RuleSet
from app.rules.parts.bindings import reach
from app.rules.persona import NamedGroup, Persona
from tests.support.work import lines_run
from tests.unit.rules.given import NOW, REGISTRY, person, robot, rule_set
from tests.unit.rules.test_properties import _GROUP_LISTS, _RULE_LISTS, _SCOPES, _SUBJECTS

_quick = settings(max_examples=40, deadline=None)


def _explain(
    rules: RuleSet,
    subject: Persona | None,
    asked: str,
    *,
    address: str = "192.0.2.1",
    service: str = REGISTRY,
) -> Decision:
    scopes, _ = scope.parse_all([asked])
    return explain(rules, subject, scopes, Context(service, address, NOW))


def _misses(rules: str, subject: Persona | None, asked: str, *, rest: str = "") -> list[str]:
    """Return the nearest misses of a request for one action: rule, lack, and what is lacking in words."""
    (resource,) = _explain(rule_set(rules, rest=rest), subject, asked).resources
    return [f"{miss.rule}: {miss.lack}: {miss.text}" for one in resource.outcomes for miss in one.misses]


_TEAMS = "- {id: teams, groups: ['team-{team}'], repositories: ['{team}/**'], allow: [push]}"


@pytest.mark.parametrize(
    ("rules", "subject", "asked", "told"),
    [
        (_TEAMS, person("bob"), "web/app", ["teams: group: bob is not in group team-web"]),
        (_TEAMS, person("bob", "team-ops"), "web/app", ["teams: group: bob is not in group team-web"]),
        (
            "- {id: r, groups: [a], repositories: ['x/*'], allow: [pull]}",
            person("bob", "a"),
            "x/y",
            ["r: action: it allows pull alone"],
        ),
        (
            "- {id: r, groups: [a], repositories: ['x/*'], allow: [push], when: {networks: [10.0.0.0/8]}}",
            person("bob", "a"),
            "x/y",
            ["r: network: the address 192.0.2.1 is not in 10.0.0.0/8"],
        ),
        (
            "- {id: r, groups: [a], repositories: ['x/*'], allow: [push], when: {services: [other]}}",
            person("bob", "a"),
            "x/y",
            ["r: service: the service is not other"],
        ),
        (
            "- {id: r, users: [bob], repositories: ['x/*'], allow: [push], when: {until: 2025-12-31}}",
            person("bob"),
            "x/y",
            ["r: time: it held before 2026-01-01T00:00:00Z"],
        ),
        (
            "- {id: r, users: [bob], repositories: ['x/*'], allow: [push], when: {from: 2027-01-01}}",
            person("bob"),
            "x/y",
            ["r: time: it holds from 2027-01-01T00:00:00Z on"],
        ),
        (
            "- {id: r, users: [bob], repositories: [x], allow: [push], when: {attributes: {l: [Berlin]}}}",
            person("bob"),
            "x",
            ["r: attribute: the attribute l is not berlin"],
        ),
        (
            "- {id: r, groups: [a], repositories: ['web/release/*'], allow: [push]}",
            person("bob", "a"),
            "web/app",
            ["r: repository: web/release/* does not match web/app"],
        ),
        (
            "- {id: r, authenticated: true, repositories: ['s/{username}/*'], allow: [push]}",
            person("bob"),
            "s/alice/x",
            ["r: repository: s/bob/* does not match s/alice/x", "r: name: it is for user alice"],
        ),
        (
            "- {id: r, authenticated: true, repositories: [x], allow: [push]}",
            None,
            "x",
            ["r: login: nobody has logged in"],
        ),
        (
            "- {id: r, users: [alice], repositories: [x], allow: [push]}",
            person("bob"),
            "x",
            ["r: name: it is for user alice"],
        ),
        (
            "- {id: r, robots: [ci], repositories: [x], allow: [push]}",
            person("bob"),
            "x",
            ["r: name: it is for robot ci"],
        ),
        (
            "- {id: r, groups: ['cn={team},ou=g'], repositories: ['{team}/*'], allow: [push]}",
            person("bob"),
            "web/x",
            ["r: group: bob is not in group cn=web,ou=g"],
        ),
        (
            "- {id: r, groups: ['a-*'], repositories: [x], allow: [push]}",
            person("bob"),
            "x",
            ["r: group: bob is not in group a-*"],
        ),
        (
            """
            - {id: r, groups: [a], repositories: [x], allow: [push]}
            - {id: d, users: [bob], repositories: ['*'], deny: [push]}
            """,
            person("bob", "a"),
            "x",
            ["r: denied: it is denied by d"],
        ),
    ],
)
def test_what_is_lacking(rules: str, subject: Persona | None, asked: str, told: list[str]) -> None:
    """One condition that does not hold, one group, one pattern: said of the rule that lacks it."""
    assert _misses(rules, subject, f"repository:{asked}:push") == told


def test_two_lacks_are_no_near_miss() -> None:
    """A rule for others that is for another network too is not told; nor one about another namespace."""
    rules = """
        - {id: a, groups: [a], repositories: [x], allow: [push], when: {networks: [10.0.0.0/8]}}
        - {id: b, groups: [b], repositories: [x], allow: [pull]}
        - {id: c, authenticated: true, repositories: ["elsewhere/**"], allow: [push]}
        - {id: d, authenticated: true, repositories: [x], allow: [delete], when: {services: [other]}}
    """
    assert _misses(rules, person("bob"), "repository:x:push") == []


def test_a_group_that_would_deny_is_no_near_miss() -> None:
    """Being in a group that is denied too would not help."""
    rules = """
        - {id: a, groups: ["team-*"], repositories: [x], allow: [push]}
        - {id: b, groups: ["team-*"], repositories: [x], deny: [push]}
    """
    assert _misses(rules, person("bob"), "repository:x:push") == []


def test_a_group_whose_name_two_groups_have() -> None:
    """The name alone proves nothing; the rule has to name the DN."""
    twice = NamedGroup("a", None, ambiguous=True)
    rules = "- {id: r, groups: [a], repositories: [x], allow: [push]}"
    (told,) = _misses(rules, replace(person("bob"), groups=(twice, twice)), "repository:x:push")
    assert told == "r: ambiguous: the name a does not say which group bob is in: write its DN into the rule"


def test_the_catalog() -> None:
    """The catalog has near misses too."""
    rules = "- {id: r, groups: [auditors], catalog: true, allow: ['*']}"
    assert _misses(rules, person("bob"), "registry:catalog:*") == ["r: group: bob is not in group auditors"]


def test_a_robot() -> None:
    """A robot lacks groups as a person does."""
    assert _misses(_TEAMS, robot("ci"), "repository:web/app:push") == [
        "teams: group: robot$ci is not in group team-web"
    ]


def test_few_are_told() -> None:
    """The nearest, not all."""
    rules = "\n".join(f"- {{id: r{n}, groups: [g{n}], repositories: [x], allow: [push]}}" for n in range(20))
    assert len(_misses(rules, person("bob"), "repository:x:push")) == MOST


@_quick
@given(_RULE_LISTS, _SUBJECTS, _SCOPES)
def test_explaining_decides_nothing_else(
    rules: list[Rule],
    subject: Persona | None,
    scopes: tuple[scope.Scope, ...],
) -> None:
    """An explanation is the engine's decision, with near misses at what is refused and nowhere else."""
    rule_list, context = RuleSet("v", tuple(rules)), Context("s", "192.0.2.1", NOW)
    made, plain = explain(rule_list, subject, scopes, context), decide(rule_list, subject, scopes, context)
    bare = [
        replace(resource, outcomes=tuple(replace(one, misses=()) for one in resource.outcomes))
        for resource in made.resources
    ]
    assert replace(made, resources=tuple(bare)) == plain
    assert not any(one.granted and one.misses for resource in made.resources for one in resource.outcomes)


@_quick
@given(_RULE_LISTS, _GROUP_LISTS, st.sampled_from(["web/app", "ops/app/x", "alice/x"]))
def test_the_group_that_is_lacking_would_grant_it(
    rules: list[Rule],
    groups: tuple[NamedGroup, ...],
    name: str,
) -> None:
    """Somebody who is put into the group that is named gets what was refused."""
    rule_list, context = RuleSet("v", tuple(rules)), Context("s", "192.0.2.1", NOW + timedelta(days=1))
    subject = Persona("alice", groups)
    scopes, _ = scope.parse_all([f"repository:{name}:pull,push,delete"])
    for one in explain(rule_list, subject, scopes, context).resources[0].outcomes:
        for miss in one.misses:
            if miss.lack is Lack.GROUP and not set("*?{") & set("".join(miss.groups)):
                other = Persona("alice", (*groups, *map(NamedGroup.parse, miss.groups)))
                (after,) = decide(rule_list, other, scopes, context).access
                assert one.action in after.actions


@_quick
@given(_RULE_LISTS, _SUBJECTS, st.sampled_from(["web/app", "ops/app/x", "alice/x"]))
def test_a_request_finds_the_nearest_that_owners_find(
    rules: list[Rule], subject: Persona | None, name: str
) -> None:
    """Among few rules: what a rule that is about the resource lacks is found, and told in the same words."""
    rule_list, context = RuleSet("v", tuple(rules)), Context("s", "192.0.2.1", NOW)
    scopes, _ = scope.parse_all([f"repository:{name}:pull,push,delete"])
    (refused,) = decide(rule_list, subject, scopes, context).resources
    found = with_nearest(rule_list, subject, refused, context)
    told = explain(rule_list, subject, scopes, context).resources[0]
    for quick, thorough in zip(found.outcomes, told.outcomes, strict=True):
        far = {Lack.REPOSITORY, Lack.NAME}
        assert [one for one in quick.misses[:1] if one.lack not in far] == [
            one for one in thorough.misses[:1] if one.lack not in far
        ]


def _lines_of_a_request(count: int, pattern: str) -> int:
    listed = [
        f"- {{id: r{n:05}, groups: ['{{x}}-{n:05}'], repositories: ['{pattern}'], allow: [push]}}"
        for n in range(count)
    ]
    rules, context = rule_set("\n".join(listed)), Context(REGISTRY, "192.0.2.1", NOW)
    scopes, _ = scope.parse_all([f"repository:{'a-' * 100}a/b:push"])
    (refused,) = decide(rules, person("bob"), scopes, context).resources
    return lines_run(lambda: with_nearest(rules, person("bob"), refused, context))


@pytest.mark.parametrize("pattern", ["**", "{x}/**", "*{x}*/*", "{x}*{x}/b"])
def test_a_request_looks_at_few_rules(pattern: str) -> None:
    """The work has a limit: of twenty times as many rules about a name, it grows by no tenth."""
    few = _lines_of_a_request(QUICK.rules, pattern)
    assert _lines_of_a_request(20 * QUICK.rules, pattern) < 1.1 * few


def test_each_action_has_its_own_effort() -> None:
    """Where many rules are near, what was sought for the pull takes nothing from the push."""
    listed = [
        f"- {{id: r{n:05}, groups: ['g{n}'], repositories: ['web/**'], allow: [push]}}"
        for n in range(2 * QUICK.rules)
    ]
    rules, context = rule_set("\n".join(listed)), Context(REGISTRY, "192.0.2.1", NOW)
    scopes, _ = scope.parse_all(["repository:web/app:pull,push,delete"])
    (refused,) = decide(rules, person("bob"), scopes, context).resources
    found = {one.action: one.misses for one in with_nearest(rules, person("bob"), refused, context).outcomes}
    assert [miss.rule for miss in found["push"]] == [miss.rule for miss in found["pull"]]
    assert found["push"][0].text == "bob is not in group g0"


def test_a_pattern_that_is_hard_to_match_is_given_up() -> None:
    """A long name and a pattern with many cuts: a request takes so many steps for it and no more."""
    (rule,) = rule_set(
        "- {id: r, groups: ['{a}-{b}-{c}'], repositories: ['{a}{b}{c}*{a}{b}'], allow: [push]}"
    ).rules
    name = "a" * 200
    few = lines_run(lambda: list(reach(rule, ResourceType.REPOSITORY, name, QUICK.steps)))
    many = lines_run(lambda: list(reach(rule, ResourceType.REPOSITORY, name, 2 * QUICK.steps)))
    assert few < many
