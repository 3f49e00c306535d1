"""The effective differences of two rule sets: what is told, and that nothing is left out."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import Position
from app.protocol import scope
from app.protocol.scope import ResourceType, Scope
from app.rules.conditions import ALWAYS, Context
from app.rules.decide import decide
from app.rules.decision import Effect, WhoKind
from app.rules.file.compile import expand
from app.rules.model import NO_EXCEPTIONS, Exceptions, Rule, RuleSet, Who
from app.rules.parts.clauses import Clause
from app.rules.patterns.dns import parse_group
from app.rules.patterns.names import NamePattern
from app.rules.patterns.repository import RepositoryPattern
from app.rules.persona import NamedGroup, Persona
from app.rules.review.diff.changes import Change, compare
from app.rules.review.diff.effects import Comparison, Impact
from tests.unit.rules.given import NOW, rule_set
from tests.unit.rules.strategies import ATTRIBUTES, CONDITIONS, CONTEXTS

_quick = settings(max_examples=40, deadline=None)
_much = settings(max_examples=2000, deadline=None)


def _told(old: str, new: str, *, rest: tuple[str, str] = ("", ""), now: datetime = NOW) -> list[str]:
    """Compare the items of `rules:`; give each change as a sentence."""
    made = compare(rule_set(old, rest=rest[0]), rule_set(new, rest=rest[1]), now)
    return [_sentence(change) for change in made.changes] + [f"{r.robot} {r.text}" for r in made.robots]


def _sentence(change: Change) -> str:
    verb = ("gains" if change.certain else "may gain") if change.gains else "loses"
    verb = verb if change.certain or change.gains else "may lose"
    where, actions = " ".join(change.repositories), ",".join(change.actions)
    return " ".join([change.whom, verb, actions, "on", where, f"({change.because})", *change.when])


def _all(*parts: str) -> str:
    return "\n".join(f"- {{id: r{number}, {part}}}" for number, part in enumerate(parts))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (  # a glob that is widened
            ["groups: [web], repositories: ['web/*'], allow: [pull]"],
            ["groups: [web], repositories: ['web/**'], allow: [pull]"],
            ["group web gains pull on web/** (allowed)"],
        ),
        (  # push where there was pull
            ["groups: ['team-{t}'], repositories: ['{t}/**'], allow: [pull]"],
            ["groups: ['team-{t}'], repositories: ['{t}/**'], allow: [push]"],
            ["group team-{t} gains push on {t}/** (allowed)"],
        ),
        (  # a deny that goes
            [
                "authenticated: true, repositories: ['**'], allow: [push]",
                "groups: [c], repositories: ['r/*'], deny: [push]",
            ],
            ["authenticated: true, repositories: ['**'], allow: [push]"],
            ["group c gains push on r/* (no longer denied)"],
        ),
        (  # a deny with a variable that meets an allow without one
            ["everyone: true, repositories: ['web/**'], allow: [pull]"],
            [
                "everyone: true, repositories: ['web/**'], allow: [pull]",
                "groups: ['no-{t}'], repositories: ['{t}/**'], deny: [pull]",
            ],
            ["group no-{t} loses pull on {t}/** (denied)"],
        ),
        (  # somebody by name
            ["users: [mallory], repositories: ['sandbox/{username}/*'], allow: [pull]"],
            [],
            ["user mallory loses pull on sandbox/{username}/* (no longer allowed)"],
        ),
        (  # the catalog
            ["authenticated: true, catalog: true, allow: ['*']"],
            ["everyone: true, catalog: true, allow: ['*']"],
            ["everyone gains * on catalog (allowed)"],
        ),
        (  # a date that is moved
            ["groups: [g], repositories: [x], allow: [pull], when: {until: 2026-03-01}"],
            ["groups: [g], repositories: [x], allow: [pull], when: {until: 2026-04-01}"],
            ["group g gains pull on x (allowed) before 2026-04-02T00:00:00Z"],
        ),
        (  # a group by DN, spelled otherwise, and another one
            ["groups: ['CN=a, OU=x'], repositories: [x], allow: [pull]"],
            ["groups: ['cn=a,ou=x', 'cn=b,ou=x'], repositories: [x], allow: [pull]"],
            ["group cn=b,ou=x gains pull on x (allowed)"],
        ),
        (  # an attribute that is wanted no more
            ["authenticated: true, repositories: [x], allow: [pull], when: {attributes: {l: [Berlin]}}"],
            ["authenticated: true, repositories: [x], allow: [pull]"],
            ["authenticated gains pull on x (allowed)"],
        ),
    ],
)
def test_what_is_told(old: list[str], new: list[str], told: list[str]) -> None:
    """Who gains and loses which actions on which repositories, and why."""
    assert _told(_all(*old), _all(*new)) == told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["groups: [a, b], repositories: [x, y], allow: [push]"],
         ["groups: [B], repositories: [y, x], allow: [pull, push]",
          "groups: [a], repositories: [x, y], allow: [push]"]),
        (["groups: ['team-{t}'], repositories: ['{t}/**'], allow: [pull]"],
         ["groups: ['Team-{team}'], repositories: ['{team}/*', '{team}/*/**'], allow: [pull]"]),
        (["authenticated: true, repositories: ['**'], allow: [pull]"],
         ["authenticated: true, repositories: ['**'], allow: [pull]",
          "users: [bob], repositories: ['x/*'], allow: [pull]"]),
        (["groups: ['team-{t}'], repositories: ['{t}/**'], allow: [pull]"],
         ["groups: ['team-{t}'], repositories: ['{t}/**'], allow: [pull]",
          "groups: [team-web], repositories: ['web/x'], allow: [pull]"]),
        (["everyone: true, repositories: [x], allow: [pull]",
         "everyone: true, repositories: [x], deny: ['*']"], []),
        (["groups: [a], repositories: ['a/**'], allow: [pull]"],
         ["groups: [a], repositories: ['a/**'], allow: [pull]",
          "groups: [b], repositories: ['b/**'], deny: [pull]"]),
        (["groups: [a], repositories: [x], allow: [pull], when: {networks: [10.0.0.0/8]}"],
         ["groups: [a], repositories: [x], allow: [pull], when: {networks: [10.0.0.0/9]}",
          "groups: [a], repositories: [x], allow: [pull], when: {networks: [10.128.0.0/9]}"]),
        (["groups: [a], repositories: [x], allow: [pull], when: {services: [s, t]}"],
         ["groups: [a], repositories: [x], allow: [pull], when: {services: [s]}",
          "groups: [a], repositories: [x], allow: [pull], when: {services: [t]}"]),
        (["groups: [a], repositories: [x], allow: [pull], when: {until: 2025-12-31}"], []),
        (["everyone: true, repositories: ['s/{username}/*'], allow: [pull]"],
         ["authenticated: true, repositories: ['s/{username}/*'], allow: [pull]"]),
        (["users: ['{u}'], repositories: ['s/{u}/*'], allow: [pull]"],
         ["users: ['{u}'], repositories: ['s/{username}/*'], allow: [pull]"]),
        (["robots: ['*'], repositories: ['s/{username}/*'], allow: [pull]"], []),
        (["users: [a], repositories: [x], allow: [pull]"],
         ["users: [a], repositories: [x], allow: [pull]", "users: [b], repositories: [x], deny: [pull]"]),
    ],
)  # fmt: skip
def test_what_is_no_change(old: list[str], new: list[str]) -> None:
    """Rules that are split, joined, renamed, reordered, redundant, over or without effect."""
    assert _told(_all(*old), _all(*new)) == []
    assert _told(_all(*new), _all(*old)) == []


def test_robots() -> None:
    """A robot that is new, gone, in other groups or that logs in differently."""
    one = "{name: %s, secrets: ['sha256:" + 64 * "0" + "'], groups: [%s]}"
    other = (
        "{name: kept, secrets: ['sha256:" + 64 * "1" + "'], groups: [b], "
        "networks: [10.0.0.0/8], expires: 2026-12-31}"
    )
    old = f"robots: [{one % ('kept', 'a')}, {one % ('gone', 'a')}, {one % ('same', 'a')}]"
    new = f"robots: [{one % ('same', 'A')}, {other}, {one % ('fresh', '')}]"
    assert _told("", "", rest=(old, new)) == [
        "fresh is new",
        "gone is gone: it can no longer log in",
        "kept joins the group b",
        "kept leaves the group a",
        "kept has other secrets",
        "kept can log in before 2027-01-01T00:00:00Z",
        "kept can log in from 10.0.0.0/8",
    ]


def test_examples_say_when_they_are() -> None:
    """An example has the circumstances in which it is decided differently, where these matter."""
    old = _all("groups: [a], repositories: [x], allow: [pull], when: {networks: [10.0.0.0/8], services: [s]}")
    new = _all("groups: [a], repositories: [x], allow: [pull], when: {networks: [10.0.0.0/8]}")
    (change,) = compare(rule_set(old), rule_set(new), NOW).changes
    assert change.example == "x"
    assert change.circumstances == ("service (any other)", "from 10.0.0.0")


_GROUP_PATTERNS = [
    "team-web",
    "team-{x}",
    "team-*",
    "*",
    "a",
    "cn={x},ou=b",
    "cn=web,ou=b",
    "{username}-g",
    "{x}-{y}",
]
_WHO = st.builds(
    Who,
    groups=st.lists(st.sampled_from(_GROUP_PATTERNS).map(parse_group), max_size=2).map(tuple),
    all_groups=st.lists(st.sampled_from(_GROUP_PATTERNS).map(parse_group), max_size=2, unique=True).map(
        tuple
    ),
    users=st.lists(
        st.sampled_from(["alice", "b*", "{x}", "{username}"]).map(NamePattern.parse), max_size=1
    ).map(tuple),
    robots=st.lists(st.sampled_from(["ci", "ci-{x}"]).map(NamePattern.parse), max_size=1).map(tuple),
    authenticated=st.booleans(),
    everyone=st.booleans(),
)
_EXCEPTIONS = st.builds(
    Exceptions,
    groups=st.lists(
        st.sampled_from(["team-web", "team-*", "*", "cn=web,ou=b"]).map(parse_group), max_size=1
    ).map(tuple),
    users=st.lists(st.sampled_from(["alice", "b*"]).map(NamePattern.parse), max_size=1).map(tuple),
    robots=st.lists(st.just("ci").map(NamePattern.parse), max_size=1).map(tuple),
)
_REPOSITORIES = st.lists(
    st.sampled_from(
        ["**", "*", "web/**", "web/*", "{x}/**", "{y}/*", "{username}/**", "web/app", "*/app", "w?b/a*"]
    ).map(RepositoryPattern.parse),
    max_size=2,
).map(tuple)
_WORDS = st.frozensets(st.sampled_from(["pull", "push", "delete", "*"]), min_size=1)


@st.composite
def _rules(draw: st.DrawFn) -> Rule:
    effect, number = draw(st.sampled_from(Effect)), draw(st.integers(0, 10**6))
    who = draw(_WHO)
    if effect is Effect.ALLOW and not who.everyone:
        who = replace(who, exceptions=draw(st.just(NO_EXCEPTIONS) | _EXCEPTIONS))
    return Rule(
        order=number,
        id=f"r{number}",
        description="",
        position=Position("f", number, 1),
        who=who,
        repositories=draw(_REPOSITORIES),
        catalog=draw(st.booleans()),
        effect=effect,
        actions=expand(effect, draw(_WORDS)),
        when=draw(st.just(ALWAYS) | CONDITIONS),
    )


_RULE_LISTS = st.lists(_rules(), max_size=4, unique_by=lambda rule: rule.id)
_GROUPS = st.lists(
    st.sampled_from(["team-web", "team-x", "a", "alice-g", "web-app", "cn=web,ou=b", "cn=x,ou=b"]).map(
        NamedGroup.parse
    ),
    max_size=3,
).map(tuple)
_SUBJECTS = (
    st.none()
    | st.builds(Persona, st.sampled_from(["alice", "bob", "web", "zoë"]), _GROUPS, attributes=ATTRIBUTES)
    | st.builds(Persona, st.sampled_from(["robot$ci", "robot$ci-web"]), _GROUPS, is_robot=st.just(value=True))
)
_NAMES = st.sampled_from(["web/app", "web", "x/app", "x/a/b", "alice/x", "web/a/b", "host:5000/web"])


@st.composite
def _pairs(draw: st.DrawFn) -> tuple[RuleSet, RuleSet]:
    old = draw(_RULE_LISTS)
    kept = old[: draw(st.integers(0, len(old)))]
    added = draw(st.lists(_rules(), max_size=2, unique_by=lambda rule: rule.id))
    return RuleSet("old", tuple(old)), RuleSet("new", (*kept, *added))


def _check(rules: tuple[RuleSet, RuleSet], subject: Persona | None, name: str, context: Context) -> None:
    scopes, _ = scope.parse_all([f"repository:{name}:pull,push,delete", "registry:catalog:*"])
    old, new = (
        {
            (one.type, action)
            for one in decide(one_set, subject, scopes, context).access
            for action in one.actions
        }
        for one_set in rules
    )
    made = compare(*rules, NOW)
    impacts = [*Comparison.of(*rules, NOW).impacts()]
    for gains, missing in ((True, new - old), (False, old - new)):
        for kind, action in missing:
            (asked,) = (one for one in scopes if one.type is kind)
            told = [one for one in impacts if one.gains is gains and one.action == action]
            concerned = [one for one in told if _is_about(one.clause, action, asked, subject, context)]
            assert concerned
            assert any(_says(change, one) for change in made.changes for one in concerned)


def _is_about(clause: Clause, action: str, asked: Scope, subject: Persona | None, context: Context) -> bool:
    """Whether the engine applies a clause, as a rule of its own, to a request."""
    patterns = {
        kind: tuple(called.source for called in clause.audience.called if clause.audience.kind is kind)
        for kind in WhoKind
    }
    who = Who(
        all_groups=patterns[WhoKind.GROUP],
        exceptions=clause.rule.who.exceptions,
        users=patterns[WhoKind.USER],  # type: ignore[arg-type]
        robots=patterns[WhoKind.ROBOT],  # type: ignore[arg-type]
        authenticated=clause.audience.kind is WhoKind.AUTHENTICATED,
        everyone=clause.audience.kind is WhoKind.EVERYONE,
    )
    is_catalog = clause.type is ResourceType.REGISTRY
    repositories = () if is_catalog else (RepositoryPattern.parse(clause.text),)
    alone = replace(clause.rule, who=who, repositories=repositories, catalog=is_catalog)
    (resource,) = decide(RuleSet("", (alone,)), subject, (asked,), context).resources
    return any(one.action == action and (one.allowed_by or one.denied_by) for one in resource.outcomes)


def _says(change: Change, impact: Impact) -> bool:
    """Whether a sentence names subject, action and pattern of a change that was found."""
    return (
        change.gains is impact.gains
        and change.whom == str(impact.clause.audience)
        and impact.action in change.actions
        and impact.clause.text in change.repositories
        and impact.clause.rule in change.rules
    )


@_quick
@given(_pairs(), _SUBJECTS, _NAMES, CONTEXTS)
def test_nothing_is_left_out(
    rules: tuple[RuleSet, RuleSet], subject: Persona | None, name: str, context: Context
) -> None:
    """Whoever gains or loses an action by other rules is told of, by a rule that applies to them."""
    _check(rules, subject, name, context)


@pytest.mark.slow
@_much
@given(_pairs(), _SUBJECTS, _NAMES, CONTEXTS)
def test_nothing_at_all_is_left_out(
    rules: tuple[RuleSet, RuleSet], subject: Persona | None, name: str, context: Context
) -> None:
    """The same, many times."""
    _check(rules, subject, name, context)


@_quick
@given(_RULE_LISTS, st.randoms(use_true_random=False))
def test_another_order_is_no_change(rules: list[Rule], chance: random.Random) -> None:
    """Rules in another order, with other ids and places, change nothing."""
    shuffled = [
        Rule(
            order=number, id=f"n{number}", description="other", position=Position("g", 1, 1), who=rule.who,
            repositories=rule.repositories[::-1], catalog=rule.catalog, effect=rule.effect,
            actions=rule.actions, when=rule.when,
        )
        for number, rule in enumerate(chance.sample(rules, len(rules)))
    ]  # fmt: skip
    assert not compare(RuleSet("a", tuple(rules)), RuleSet("b", tuple(shuffled)), NOW)
