"""What holds for all rules, subjects and requests."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import Position
from app.protocol import scope
from app.protocol.scope import Scope
from app.rules.conditions import ALWAYS, Conditions, Context, Period, Service
from app.rules.decide import decide
from app.rules.decision import Decision, Effect, Lack
from app.rules.file.compile import expand
from app.rules.model import Exceptions, Rule, RuleSet, Who
from app.rules.patterns.dns import parse_group
from app.rules.patterns.names import NamePattern
from app.rules.patterns.repository import RepositoryPattern
from app.rules.persona import NamedGroup, Persona
from app.rules.review.lint import contained
from tests.unit.rules.strategies import ATTRIBUTES, CONDITIONS, CONTEXTS

_quick = settings(max_examples=40, deadline=None)
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)

_WORDS = st.frozensets(st.sampled_from(["pull", "push", "delete", "*"]), min_size=1)
_GROUPS = st.sampled_from(
    ["team-web", "team-ops", "admins", "team-*", "cn=admins,ou=a,dc=x", "cn=web,ou=b,dc=x"]
)
_WHO = st.builds(
    Who,
    groups=st.lists(
        st.sampled_from(["team-web", "team-{x}", "*", "admins", "cn={x},ou=b,dc=x", "{username}-g"]).map(
            parse_group
        ),
        max_size=2,
    ).map(tuple),
    all_groups=st.lists(
        st.sampled_from(["team-web", "team-{x}", "*", "cn={x},ou=b,dc=x"]).map(parse_group),
        max_size=2,
        unique=True,
    ).map(tuple),
    users=st.lists(st.sampled_from(["alice", "b*", "{x}"]).map(NamePattern.parse), max_size=1).map(tuple),
    robots=st.lists(st.sampled_from(["ci", "ci-{x}"]).map(NamePattern.parse), max_size=1).map(tuple),
    authenticated=st.booleans(),
    everyone=st.booleans(),
)
_REPOSITORIES = st.lists(
    st.sampled_from(["**", "*", "web/**", "{x}/**", "{username}/**", "web/app", "*/app"]).map(
        RepositoryPattern.parse
    ),
    max_size=2,
).map(tuple)
_WHEN = st.sampled_from(
    [ALWAYS, ALWAYS, Conditions((Service(frozenset(["other"])),)), Conditions((Period(end=NOW),))]
)


@st.composite
def _rules(
    draw: st.DrawFn, effect: Effect | None = None, when: st.SearchStrategy[Conditions] = _WHEN
) -> Rule:
    made = effect or draw(st.sampled_from(Effect))
    number = draw(st.integers(0, 10**6))
    who = draw(_WHO)
    if made is Effect.ALLOW and not who.everyone and draw(st.booleans()):
        who = replace(who, exceptions=Exceptions(groups=draw(_WHO).groups[:1], users=draw(_WHO).users))
    return Rule(
        order=number,
        id=f"r{number}",
        description="",
        position=Position("f", number, 1),
        who=who,
        repositories=draw(_REPOSITORIES),
        catalog=draw(st.booleans()),
        effect=made,
        actions=expand(made, draw(_WORDS)),
        when=draw(when),
    )


_RULE_LISTS = st.lists(_rules(), max_size=5, unique_by=lambda rule: rule.id)
_GROUP_LISTS = st.lists(_GROUPS.map(NamedGroup.parse), max_size=3).map(tuple)
_SUBJECTS = (
    st.none()
    | st.builds(Persona, st.sampled_from(["alice", "bob", "web", "zoë", "*"]), _GROUP_LISTS)
    | st.builds(
        Persona, st.sampled_from(["robot$ci", "robot$ci-web"]), _GROUP_LISTS, is_robot=st.just(value=True)
    )
)
_SCOPES = st.lists(
    st.builds(
        "repository:{}:{}".format,
        st.sampled_from(["web/app", "web", "ops/app/x", "alice/x", "localhost:5000/web"]),
        _WORDS.map(",".join),
    )
    | st.just("registry:catalog:*"),
    max_size=4,
).map(lambda texts: scope.parse_all(texts)[0])


def _decide(rules: list[Rule], subject: Persona | None, scopes: tuple[Scope, ...]) -> Decision:
    return decide(RuleSet("v", tuple(rules)), subject, scopes, Context("s", "192.0.2.1", NOW))


@_quick
@given(
    st.lists(_rules(when=CONDITIONS | _WHEN), max_size=5, unique_by=lambda rule: rule.id),
    st.lists(_SUBJECTS, min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 2), _SCOPES, CONTEXTS), min_size=2, max_size=6),
)
def test_what_is_kept_changes_no_decision(
    rules: list[Rule],
    subjects: list[Persona | None],
    requests: list[tuple[int, tuple[Scope, ...], Context]],
) -> None:
    """Whatever was decided before, for whom and when: as if it were the first decision."""
    kept = RuleSet("v", tuple(rules))
    for who, scopes, context in requests:
        subject = subjects[who % len(subjects)]
        first = decide(RuleSet("v", tuple(rules)), subject, scopes, context)
        assert decide(kept, subject, scopes, context) == first


@_quick
@given(_RULE_LISTS, _SUBJECTS, _SCOPES)
def test_scopes_are_decided_each_by_itself(
    rules: list[Rule], subject: Persona | None, scopes: tuple[Scope, ...]
) -> None:
    """What else is asked for at once changes nothing, not even the reasons."""
    alone = [resource for one in scopes for resource in _decide(rules, subject, (one,)).resources]
    assert list(_decide(rules, subject, scopes).resources) == alone


def _rights(made: Decision) -> set[tuple[str, str, str]]:
    return {(entry.type, entry.name, action) for entry in made.access for action in entry.actions}


def _asked(scopes: tuple[Scope, ...]) -> set[tuple[str, str, str]]:
    """Return every right that is asked for; a star on a repository asks for each action."""
    return {
        (asked.type, asked.name, action)
        for asked in scopes
        for action in asked.actions | ({"pull", "push", "delete"} if asked.actions & {"*"} else set())
    }


@_quick
@given(_RULE_LISTS, _SUBJECTS, _SCOPES)
def test_granted_is_part_of_asked(
    rules: list[Rule], subject: Persona | None, scopes: tuple[Scope, ...]
) -> None:
    """No rules make a request grant more than it asked for."""
    assert _rights(_decide(rules, subject, scopes)) <= _asked(scopes)


@_quick
@given(_RULE_LISTS, _rules(Effect.DENY), _SUBJECTS, _SCOPES)
def test_a_further_deny_never_grants(
    rules: list[Rule], deny: Rule, subject: Persona | None, scopes: tuple[Scope, ...]
) -> None:
    """Whatever a deny says, nobody gains by it."""
    assert _rights(_decide([*rules, deny], subject, scopes)) <= _rights(_decide(rules, subject, scopes))


@_quick
@given(_RULE_LISTS, _rules(Effect.ALLOW), _SUBJECTS, _SCOPES)
def test_a_further_allow_never_takes_away(
    rules: list[Rule], allow: Rule, subject: Persona | None, scopes: tuple[Scope, ...]
) -> None:
    """Whatever an allow says, nobody loses by it."""
    assert _rights(_decide(rules, subject, scopes)) <= _rights(_decide([*rules, allow], subject, scopes))


_Request = tuple[Persona | None, Context]


@st.composite
def _half_known(draw: st.DrawFn) -> tuple[_Request, _Request]:
    """Make a request, and the same with something of it not known."""
    subject, context = draw(_SUBJECTS), draw(CONTEXTS)
    if subject is not None:
        subject = replace(subject, attributes=draw(ATTRIBUTES))
    less_subject, less_context = subject, context
    for unknown in draw(st.sets(st.sampled_from([Lack.SERVICE, Lack.NETWORK, Lack.ATTRIBUTE]), min_size=1)):
        if unknown is Lack.SERVICE:
            less_context = replace(less_context, service="")
        elif unknown is Lack.NETWORK:
            less_context = replace(less_context, address="")
        elif less_subject is not None:
            less_subject = replace(less_subject, attributes={}, others=None)
    return (subject, context), (less_subject, less_context)


@_quick
@given(st.lists(_rules(when=CONDITIONS), max_size=5, unique_by=lambda rule: rule.id), _half_known(), _SCOPES)
def test_what_is_not_known_never_grants_more(
    rules: list[Rule], requests: tuple[_Request, _Request], scopes: tuple[Scope, ...]
) -> None:
    """Whatever a condition looks at: without it, nobody has a right that they would not have with it."""
    known, less = (
        decide(RuleSet("v", tuple(rules)), subject, scopes, context) for subject, context in requests
    )
    assert _rights(less) <= _rights(known)


@_quick
@given(_RULE_LISTS, _SUBJECTS, _SCOPES, st.randoms(use_true_random=False))
def test_the_order_of_rules_never_matters(
    rules: list[Rule], subject: Persona | None, scopes: tuple[Scope, ...], chance: random.Random
) -> None:
    """The same rules in another order are the same rules."""
    shuffled = list(rules)
    chance.shuffle(shuffled)
    assert _decide(shuffled, subject, scopes).access == _decide(rules, subject, scopes).access


@_quick
@given(_RULE_LISTS, _GROUP_LISTS, _SCOPES, st.randoms(use_true_random=False))
def test_the_order_of_groups_never_matters(
    rules: list[Rule], groups: tuple[NamedGroup, ...], scopes: tuple[Scope, ...], chance: random.Random
) -> None:
    """A directory may list groups in any order, and twice; decision and reasons stay the same."""
    shuffled = [*groups, *groups]
    chance.shuffle(shuffled)
    one, other = Persona("alice", groups), Persona("alice", tuple(shuffled))
    assert _decide(rules, one, scopes).access == _decide(rules, other, scopes).access
    assert _decide(rules, one, scopes).rules == _decide(rules, other, scopes).rules


@_quick
@given(_RULE_LISTS, _SUBJECTS, _SCOPES)
def test_scopes_are_decided_each_for_itself(
    rules: list[Rule], subject: Persona | None, scopes: tuple[Scope, ...]
) -> None:
    """What else a request asks for changes nothing."""
    together = _decide(rules, subject, scopes).resources
    assert together == tuple(_decide(rules, subject, (one,)).resources[0] for one in scopes)


@_quick
@given(_RULE_LISTS, _SUBJECTS, _SCOPES)
def test_every_grant_has_a_reason(
    rules: list[Rule], subject: Persona | None, scopes: tuple[Scope, ...]
) -> None:
    """What is granted was allowed by a rule and denied by none; what is not was denied or never allowed."""
    known = {rule.id: rule for rule in rules}
    for resource in _decide(rules, subject, scopes).resources:
        for outcome in resource.outcomes:
            if outcome.action != "*":
                assert outcome.granted is (bool(outcome.allowed_by) and not outcome.denied_by)
            assert all(known[cause.rule].effect is Effect.ALLOW for cause in outcome.allowed_by)
            assert all(known[cause.rule].effect is Effect.DENY for cause in outcome.denied_by)


@_quick
@given(_RULE_LISTS, _SCOPES)
def test_an_anonymous_subject_has_no_more_than_a_signed_in_one_of_no_name(
    rules: list[Rule], scopes: tuple[Scope, ...]
) -> None:
    """Without denies, signing in never costs a right."""
    allows = [rule for rule in rules if rule.effect is Effect.ALLOW]
    assert _rights(_decide(allows, None, scopes)) <= _rights(_decide(allows, Persona("x y"), scopes))


@_quick
@given(
    st.text(max_size=30),
    st.lists(st.text(max_size=30), max_size=3),
    st.lists(st.text(max_size=60), max_size=4),
    st.text(max_size=40),
    st.text(max_size=10),
)
def test_deciding_is_total(
    name: str, groups: list[str], asked: list[str], address: str, service: str
) -> None:
    """Any subject, scope, address and service ends in a decision."""
    texts = ["team-{x}", "{x}-{y}", "*", "{username}"]
    rule = Rule(
        order=0,
        id="r",
        description="",
        position=Position("f", 1, 1),
        who=Who(
            groups=(*map(parse_group, texts), parse_group("cn={x},dc=y")),
            users=tuple(map(NamePattern.parse, texts)),
            authenticated=True,
            everyone=True,
        ),
        repositories=tuple(map(RepositoryPattern.parse, ["{x}/**", "{username}", "**"])),
        catalog=True,
        effect=Effect.ALLOW,
        actions=expand(Effect.ALLOW, ["*"]),
        when=ALWAYS,
    )
    subject = Persona(name, tuple(map(NamedGroup, groups)), is_robot=name.startswith("robot$"))
    scopes, _ = scope.parse_all([*asked, "repository:a/b:pull"])
    made = decide(RuleSet("v", (rule,)), subject, scopes, Context(service, address, NOW))
    assert len(made.resources) == len(scopes)


@_quick
@given(_RULE_LISTS, _SUBJECTS, _SCOPES)
def test_what_the_lint_calls_superfluous_is(
    rules: list[Rule], subject: Persona | None, scopes: tuple[Scope, ...]
) -> None:
    """Without the rules that others contain, or deny all of, everybody has what they had."""
    superfluous = {finding.about for finding in contained.find(rules, NOW)}
    rest = [rule for rule in rules if rule.id not in superfluous]
    assert _decide(rest, subject, scopes).access == _decide(rules, subject, scopes).access
