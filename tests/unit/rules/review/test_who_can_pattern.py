"""Who can do something with the repositories of a pattern."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from app import dn
from app.directory.subject import DirectorySubject, Group
from app.dn import DN
from app.errors import Code, Refusal
from app.protocol import scope
from app.rules.conditions import Attribute, Context
from app.rules.decide import decide
from app.rules.decision import Effect
from app.rules.model import RuleSet
from app.rules.parts.examples import persona
from app.rules.patterns.repository import RepositoryPattern
from app.rules.review.entitlements import Extent, Fixed
from app.rules.review.who_can_pattern import PatternInquiry, PatternWay
from tests.unit.rules.given import NOW, rule_set

_ANY = Fixed(Context("", "", NOW), service=False, address=False, time=False)
_KNOWN = Fixed(Context("s", "10.0.0.1", NOW), service=True, address=True, time=True)
RULES = rule_set("""
    - {id: teams, groups: ["team-{team}"], repositories: ["{team}/**"], allow: [push]}
    - {id: managers, groups: ["cn=managers,ou=groups"], repositories: ["*/release/**"], allow: [push]}
    - {id: mine, authenticated: true, repositories: ["home/{username}/**"], allow: [push]}
    - {id: shared, groups: [office], repositories: [web/shared], allow: [push], when: {services: [s]}}
    - {id: reads, everyone: true, repositories: ["**"], allow: [pull]}
    - {id: out, groups: [contractors], repositories: ["*/release/**"], deny: [push]}
""")


def _ways(rules: RuleSet, pattern: str, action: str = "push", fixed: Fixed = _ANY) -> tuple[PatternWay, ...]:
    return PatternInquiry(rules, RepositoryPattern.parse(pattern), action, fixed).ways()


def _told(rules: RuleSet, pattern: str, action: str = "push", fixed: Fixed = _ANY) -> list[str]:
    return [
        f"{way.rule.effect} {way.who} on {way.on}: {way.extent}"
        + (f" when {', '.join(way.when)}" if way.when else "")
        + (f" denied by {', '.join(way.denied_by)}" if way.denied_by else "")
        for way in _ways(rules, pattern, action, fixed)
    ]


def test_variables_are_solved_where_the_pattern_says_what_they_are() -> None:
    """One team owns what lies below its name; of all releases, each team owns a part."""
    assert _told(RULES, "web/**") == [
        "allow group cn=managers,ou=groups on */release/**: part",
        "allow group office on web/shared: part when service s",
        "allow group team-web on web/**: all",
        "deny group contractors on */release/**: none",
    ]
    assert _told(RULES, "*/release/**") == [
        "allow group cn=managers,ou=groups on */release/**: all",
        "allow group team-{team} on {team}/**: part",
        "allow user release on home/release/**: part",
        "deny group contractors on */release/**: none",
    ]


def test_a_name_is_a_pattern_too() -> None:
    """It matches itself alone."""
    assert _told(RULES, "web/shared") == [
        "allow group office on web/shared: all when service s",
        "allow group team-web on web/**: all",
    ]


def test_everybody_is_one_way() -> None:
    """And an action that no rule allows has none."""
    assert {"allow everyone on **: all", "allow group team-x on x/**: all"} <= {*_told(RULES, "x/**", "pull")}
    assert _told(RULES, "x/**", "delete") == []


def test_a_deny_for_all_of_them_is_said() -> None:
    """Where it takes everything, nobody with that way alone can; else only something is taken."""
    rules = rule_set("""
        - {id: a, groups: [team], repositories: ["x/**"], allow: [push]}
        - {id: part, authenticated: true, repositories: ["x/r/**"], deny: [push]}
        - {id: b, groups: [other], repositories: ["y/**"], allow: [push]}
        - {id: all, groups: [other], repositories: ["y/**", z], deny: [push]}
        - {id: c, groups: ["t-{t}"], repositories: ["{t}/c"], allow: [push]}
        - {id: same, groups: ["t-{name}"], repositories: ["{name}/*"], deny: [push]}
    """)
    assert "allow group team on x/**: part denied by part" in _told(rules, "x/**")
    assert "allow group other on y/**: none denied by all" in _told(rules, "y/**")
    assert "allow group t-{t} on {t}/c: none denied by same" in _told(rules, "*/c")


def test_conditions_that_do_not_hold_leave_a_way_out() -> None:
    """Of the time, and of service and address where these are given."""
    rules = rule_set("""
        - {id: over, groups: [a], repositories: [x], allow: [push], when: {until: 2026-01-01}}
        - {id: net, groups: [b], repositories: [x], allow: [push], when: {networks: [10.0.0.0/8]}}
        - {id: city, groups: [c], repositories: [x], allow: [push], when: {attributes: {l: [Berlin]}}}
    """)
    assert _told(rules, "*") == [
        "allow group b on x: part when from 10.0.0.0/8",
        "allow group c on x: part when l is berlin",
    ]
    assert _told(rules, "*", fixed=_KNOWN)[0] == "allow group b on x: part"
    elsewhere = Fixed(Context("s", "192.0.2.1", NOW), service=True, address=True, time=True)
    assert not any("group b" in told for told in _told(rules, "*", fixed=elsewhere))


@dataclass(frozen=True, slots=True)
class _Member:
    name: str


@dataclass(frozen=True, slots=True)
class _Company:
    """A directory that keeps the contract."""

    groups: dict[str, tuple[str, ...]]
    asked: list[DN | str] = field(default_factory=list)

    def look_up(self, name: str) -> DirectorySubject | Refusal:
        if name not in self.groups:
            return Refusal(Code.WRONG_CREDENTIALS, "no", "unknown user")
        groups = tuple(
            Group(group, dn.parse(f"cn={group},ou=groups"), "direct") for group in self.groups[name]
        )
        return DirectorySubject(name, f"id-{name}", f"uid={name}", groups)

    def people_in(self, group: DN | str) -> Iterator[_Member]:
        self.asked.append(group)
        for name, groups in self.groups.items():
            if any(group in (one, dn.parse(f"cn={one},ou=groups")) for one in groups):
                yield _Member(name)


def test_people_have_an_answer_each() -> None:
    """With all of the repositories, or with a part; who cannot is left out, and what is no group is named."""
    groups = {"alice": ("managers",), "bob": ("team-web", "contractors"), "dave": ()}
    company = _Company({**groups, "carol": ("managers", "contractors")})
    inquiry = PatternInquiry(RULES, RepositoryPattern.parse("web/release/**"), "push", _ANY)
    people, not_listed = inquiry.people(inquiry.ways(), company)
    assert [(one.name, one.extent) for one in people] == [("alice", Extent.ALL)]
    assert not_listed == []
    inquiry = PatternInquiry(RULES, RepositoryPattern.parse("web/**"), "push", _ANY)
    people, not_listed = inquiry.people(inquiry.ways(), company)
    assert [(one.name, one.extent, one.on) for one in people] == [
        ("alice", Extent.PART, ("*/release/**",)),
        ("bob", Extent.PART, ("web/**",)),
    ]
    inquiry = PatternInquiry(RULES, RepositoryPattern.parse("*/release/**"), "push", _ANY)
    _, not_listed = inquiry.people(inquiry.ways(), company)
    assert not_listed == ["group team-{team}"]


_WHO = st.sampled_from(
    [
        "groups: [a]",
        "groups: ['t-{t}']",
        "users: [bob]",
        "authenticated: true",
        "everyone: true",
        "all_groups: [a, 't-{t}']",
    ]
)
_RULE = st.builds(
    "{}, repositories: [{}], {}: [{}]".format,
    _WHO,
    st.sampled_from(["p/*", "q", "'**'", "'p/r/**', q", "'{username}/**'"]),
    st.sampled_from(["allow", "allow", "deny"]),
    st.sampled_from(["pull", "push"]),
)
_BOUND = st.builds(
    "groups: ['t-{{t}}'], repositories: [{}], {}: [push]".format,
    st.sampled_from(["'{t}/**'", "'p/{t}'", "'{t}/r/*', q"]),
    st.sampled_from(["allow", "deny"]),
)
_NAMES = ["p/a", "p/r", "p/r/b", "q", "a/r/x", "bob/x", "p/p", "a/b/c/d"]


_PATTERNS = st.sampled_from(["p/**", "*/r/**", "p/r/**", "q", "**", "p/*"])


@given(st.lists(_RULE | _BOUND, min_size=1, max_size=5), _PATTERNS)
def test_a_way_says_what_the_engine_says_of_who_has_it_alone(listed: list[str], text: str) -> None:
    """NONE: on no name at all; ALL: on every one."""
    rules = rule_set("\n".join(f"- {{id: r{number}, {rule}}}" for number, rule in enumerate(listed)))
    pattern = RepositoryPattern.parse(text)
    for way in _ways(rules, text, fixed=_KNOWN):
        if way.rule.effect is Effect.DENY or way.reached is None:
            continue
        attributes = Attribute.examples(way.rule.when)
        subject = persona((way.reached.audience, way.reached.values), attributes=attributes)
        granted = set()
        for name in (name for name in _NAMES if pattern.matches(name, {})):
            (asked,), _ = scope.parse_all([f"repository:{name}:push"])
            granted.add(bool(decide(rules, subject, (asked,), _KNOWN.context).access))
        if way.extent is Extent.NONE:
            assert granted <= {False}
        if way.extent is Extent.ALL and not _is_denied_as_person(rules):
            assert granted <= {True}


def _is_denied_as_person(rules: RuleSet) -> bool:
    """Whether a deny is for people by name: whoever is made for a test may have that one."""
    return any(rule.effect is Effect.DENY and rule.who.users for rule in rules.rules)
