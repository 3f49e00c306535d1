"""Everything that one subject may do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol import scope
from app.protocol.scope import ResourceType
from app.rules.conditions import Context
from app.rules.decide import decide
from app.rules.model import RuleSet, Subject
from app.rules.parts.automaton import elements
from app.rules.parts.clauses import tokens
from app.rules.patterns.repository import RepositoryPattern
from app.rules.persona import NamedGroup, Persona
from app.rules.review.entitlements import Entitlement, Extent, Fixed, entitlements, extent
from tests.unit.rules.given import NOW, person, robot, rule_set

_ANY = Fixed(Context("", "", NOW), service=False, address=False, time=False)
_SECRET = f"'sha256:{64 * '0'}'"


def _told(rules: RuleSet, subject: Subject | None, fixed: Fixed = _ANY) -> list[str]:
    return [_words(one) for one in entitlements(rules, subject, fixed)]


def _words(one: Entitlement) -> str:
    said = f"{one.claim.rule.id} {one.claim.repositories}: {','.join(one.actions)}"
    when = f" when {', '.join(one.claim.when)}" if one.claim.when else ""
    denied = "".join(
        f" not {','.join(sorted(deny.actions))} on {deny.repositories}"
        + (f" when {', '.join(deny.when)}" if deny.when else "")
        for deny in one.denials
    )
    return said + when + denied


RULES = rule_set("""
    - {id: base, everyone: true, repositories: ["base/**"], allow: [pull]}
    - {id: teams, groups: ["team-{team}"], repositories: ["{team}/**"], allow: [push]}
    - {id: mine, authenticated: true, repositories: ["home/{username}/**"], allow: ["*"]}
    - {id: lists, groups: [auditors], catalog: true, allow: ["*"]}
    - {id: both, all_groups: ["team-{team}", "dev-{team}"], repositories: ["dev/{team}"], allow: [delete]}
    - {id: out, groups: [contractors], repositories: ["*/release/**"], deny: [push]}
""")


def test_what_variables_stand_for_is_put_in() -> None:
    """Of every group, and of one's own name; push brings pull."""
    assert _told(RULES, person("bob", "team-web", "team-data", "dev-data")) == [
        "base base/**: pull",
        "teams data/**: pull,push",
        "both dev/data: delete",
        "mine home/bob/**: pull,push,delete",
        "teams web/**: pull,push",
    ]


def test_nobody_and_robots_have_theirs() -> None:
    """Without a login there is no name of one's own; a robot's name is no component."""
    assert _told(RULES, None) == ["base base/**: pull"]
    assert _told(RULES, robot("ci", "team-web")) == ["base base/**: pull", "teams web/**: pull,push"]


def test_the_catalog_is_one_of_them() -> None:
    """With its one action."""
    assert _told(RULES, person("eve", "auditors"))[0] == "lists catalog: *"


def test_what_a_deny_takes_somewhere_is_said() -> None:
    """On which repositories; the pull is left."""
    assert "teams web/**: pull,push not push on */release/**" in _told(
        RULES, person("bob", "team-web", "contractors")
    )


def test_what_a_deny_takes_everywhere_is_gone() -> None:
    """An action by itself, or all; what denied it is named."""
    rules = rule_set("""
        - {id: a, users: [bob], repositories: ["x/**"], allow: [push, delete]}
        - {id: one, users: [bob], repositories: ["x/a"], deny: [push]}
        - {id: deep, users: [bob], repositories: ["x/**"], deny: [delete]}
        - {id: b, users: [bob], repositories: ["y"], allow: [pull]}
        - {id: never, users: [bob], repositories: ["y", "z"], deny: ["*"]}
    """)
    assert _told(rules, person("bob")) == [
        "a x/**: pull,push not push on x/a",
        "b y:  not delete,pull,push on y",
    ]


def test_conditions_are_said_where_they_may_hold() -> None:
    """Of the request; of the subject and the time it is known."""
    rules = rule_set("""
        - {id: net, users: [bob], repositories: [a], allow: [pull],
           when: {networks: [10.0.0.0/8], services: [s]}}
        - {id: over, users: [bob], repositories: [b], allow: [pull], when: {until: 2026-01-30}}
        - {id: later, users: [bob], repositories: [c], allow: [pull], when: {from: 2026-02-02}}
        - {id: here, users: [bob], repositories: [d], allow: [pull], when: {attributes: {l: [Berlin]}}}
        - {id: hours, users: [bob], repositories: [e], allow: [pull], when: {hours: "Mon 08:00-09:00 UTC"}}
        - {id: freeze, users: [bob], repositories: ["*"], deny: [pull], when: {services: [t]}}
    """)
    freeze = "not pull,push on * when service t"
    bob = person("bob", attributes={"l": ["Rome"]})
    assert _told(rules, bob) == [
        f"net a: pull when service s, from 10.0.0.0/8 {freeze}",
        f"hours e: pull when within Mon 08:00-09:00 UTC {freeze}",
    ]
    known = replace(_ANY, context=Context("s", "192.0.2.1", NOW), service=True, address=True, time=True)
    assert _told(rules, bob, known) == []
    inside = replace(known, context=Context("s", "10.1.1.1", NOW))
    assert _told(rules, bob, inside) == ["net a: pull"]
    assert "here d: pull" in _told(rules, person("bob", attributes={"l": ["berlin"]}), inside)


def test_several_ways_to_one_thing_are_one() -> None:
    """Through which groups is said together."""
    rules = rule_set("- {id: r, groups: [a, b], users: [bob], repositories: [x], allow: [pull]}")
    (one,) = entitlements(rules, person("bob", "a", "b"), _ANY)
    assert one.claim.through == ("group a", "group b", "user bob")


_KNOWN = Fixed(Context("s", "10.0.0.1", NOW), service=True, address=True, time=True)
_WHO = st.sampled_from(
    [
        "groups: [a]",
        "groups: ['t-{t}']",
        "groups: ['t-{t}', a]",
        "users: [bob, 'x-{t}']",
        "authenticated: true",
        "everyone: true",
        "all_groups: [a, 't-{t}']",
        "robots: [ci]",
    ]
)
_RULE = st.builds(
    "{}, repositories: [{}], {}: [{}]{}".format,
    _WHO,
    st.sampled_from(["p/*", "q", "'**'", "'{username}/**'", "'*/r/**', q"]),
    st.sampled_from(["allow", "allow", "deny"]),
    st.sampled_from(["pull", "push", "delete", "'*'"]),
    st.sampled_from(["", ", when: {services: [s]}", ", when: {networks: [192.0.2.0/24]}"]),
)
_BOUND = st.builds(
    "{}, repositories: [{}], {}: [{}]".format,
    st.sampled_from(["groups: ['t-{t}']", "all_groups: [a, 't-{t}']"]),
    st.sampled_from(["'{t}/**'", "'{t}'", "'p/{t}', q"]),
    st.sampled_from(["allow", "allow", "deny"]),
    st.sampled_from(["pull", "push"]),
)
_SUBJECTS = st.one_of(
    st.none(),
    st.builds(
        lambda name, groups: Persona(
            name, tuple(map(NamedGroup, groups)), is_robot=name.startswith("robot$")
        ),
        st.sampled_from(["bob", "x-p", "robot$ci"]),
        st.lists(st.sampled_from(["a", "t-p", "t-q"]), max_size=3, unique=True),
    ),
)
_NAMES = ["p/a", "p/r/b", "q", "q/r/x", "bob/x", "p", "p/p", "other/y"]


def _rules(listed: list[str]) -> RuleSet:
    return rule_set("\n".join(f"- {{id: r{number}, {rule}}}" for number, rule in enumerate(listed)))


@given(st.lists(_RULE | _BOUND, min_size=1, max_size=5), _SUBJECTS)
def test_it_says_what_the_engine_says(listed: list[str], subject: Persona | None) -> None:
    """For every name and action: granted where an entitlement covers it that no denial takes."""
    rules = _rules(listed)
    found = entitlements(rules, subject, _KNOWN)
    for name in _NAMES:
        (asked,), _ = scope.parse_all([f"repository:{name}:*"])
        (resource,) = decide(rules, subject, (asked,), _KNOWN.context).resources
        granted = {one.action for one in resource.outcomes if one.granted} - {"*"}
        assert granted == {
            action
            for action in ("pull", "push", "delete")
            if any(_covers(one, name, action) for one in found)
        }


def _covers(one: Entitlement, name: str, action: str) -> bool:
    assert not one.claim.when
    return (
        action in one.actions
        and RepositoryPattern.parse(one.claim.repositories).matches(name, {})
        and not any(
            action in deny.actions and RepositoryPattern.parse(deny.repositories).matches(name, {})
            for deny in one.denials
        )
    )


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("web/**", "pull", Extent.ALL),
        ("web/**", "push", Extent.PART),
        ("web/release/**", "push", Extent.NONE),
        ("web/a", "push", Extent.ALL),
        ("*/release/**", "pull", Extent.PART),
        ("data/**", "pull", Extent.NONE),
        ("**", "pull", Extent.PART),
        ("web/**", "delete", Extent.NONE),
    ],
)
def test_on_how_much_of_a_pattern(pattern: str, action: str, expected: Extent) -> None:
    """All, a part, or nothing of the names that it matches."""
    found = entitlements(RULES, person("bob", "team-web", "contractors"), _ANY)
    wanted = elements(tokens(RepositoryPattern.parse(pattern)))
    assert extent(found, wanted, action)[0] is expected


def test_a_type_of_resource_is_never_mixed_up() -> None:
    """A repository that is called `catalog` is no catalog."""
    rules = rule_set("""
        - {id: a, users: [bob], repositories: [catalog], allow: ["*"]}
        - {id: b, users: [bob], catalog: true, deny: ["*"]}
    """)
    (one,) = entitlements(rules, person("bob"), _ANY)
    assert (one.claim.type, one.actions, one.denials) == (
        ResourceType.REPOSITORY,
        ("pull", "push", "delete"),
        (),
    )
