"""Rules for who is in every one of several groups, and rules with exceptions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app import dn
from app.protocol import scope
from app.rules.conditions import Context
from app.rules.decision import Lack
from app.rules.misses import explain
from app.rules.persona import NamedGroup
from app.rules.review.diff.changes import compare
from app.rules.review.lint import contained
from app.rules.review.who_can import Can, Inquiry
from tests.support.work import lines_run
from tests.unit.rules.given import NOW, decision, granted, may, person, problems_of, robot, rule_set

_EDITORS = "- {id: r, all_groups: ['team-{t}', editors], repositories: ['{t}/**'], allow: [push]}"
_LEADS = "- {id: r, all_groups: ['team-{t}', 'lead-{t}'], repositories: ['{t}/**'], allow: [push]}"
_DN = "- {id: r, all_groups: ['cn={t},ou=teams', editors], repositories: ['{t}/**'], allow: [push]}"
_DENY = """
    - {id: give, authenticated: true, repositories: ['**'], allow: [push]}
    - {id: take, all_groups: [web, contractors], repositories: ['web/**'], deny: [push]}
"""


@pytest.mark.parametrize(
    ("rules", "groups", "granted_"),
    [
        (_EDITORS, ["team-web", "editors"], "pull,push"),
        (_EDITORS, ["team-web"], ""),
        (_EDITORS, ["editors"], ""),
        (_EDITORS, ["team-ops", "editors"], ""),
        (_EDITORS, ["team-ops", "team-web", "EDITORS"], "pull,push"),
        (_LEADS, ["team-web", "lead-web"], "pull,push"),
        (_LEADS, ["team-web", "lead-ops"], ""),
        (_LEADS, ["team-ops", "lead-ops", "team-web"], ""),
        (_DN, ["cn=web,ou=teams", "editors"], "pull,push"),
        (_DN, ["web", "editors"], ""),
        (_DENY, ["web"], "pull,push"),
        (_DENY, ["web", "contractors"], "pull"),
    ],
)
def test_every_group_is_needed(rules: str, groups: list[str], granted_: str) -> None:
    """One group for each pattern, and a variable stands for one text in all of them."""
    assert may(rule_set(rules), person("bob", *groups), "web/app") == granted_


def test_a_robot_has_groups_too() -> None:
    """A rule for several groups is for robots as well."""
    assert may(rule_set(_EDITORS), robot("ci", "team-web", "editors"), "web/app") == "pull,push"


def test_the_reason_names_all_groups() -> None:
    """With what they captured, and in one order whatever the directory's is."""
    for groups in (["team-web", "editors"], ["editors", "team-web"]):
        made = decision(rule_set(_EDITORS), person("bob", *groups), "repository:web/app:push")
        (cause,) = made.resources[0].outcomes[0].allowed_by
        assert (str(cause.through), cause.captures) == ("groups team-web and editors", (("t", "web"),))


def test_two_groups_of_one_name_prove_nothing_of_several() -> None:
    """An allow does not apply through such a name; a deny does."""
    twice = (NamedGroup("editors", None, ambiguous=True), NamedGroup("web", None, ambiguous=True))
    subject = replace(
        person("bob", "team-web", "contractors"), groups=(*person("bob", "team-web").groups, *twice)
    )
    assert may(rule_set(_EDITORS), subject, "web/app") == ""
    denied = replace(subject, groups=(*subject.groups, NamedGroup("contractors")))
    assert may(rule_set(_DENY), denied, "web/app") == "pull"


def test_many_groups_for_each_pattern_cost_no_product() -> None:
    """Somebody in twice as many groups costs about twice as much, not four times."""
    rules = rule_set("- {id: r, all_groups: ['a-{x}', 'b-{y}'], repositories: ['{x}/{y}/**'], allow: [pull]}")

    def work(count: int) -> int:
        subject = person("bob", *(f"{kind}-{number}n" for kind in "ab" for number in range(count)))
        return lines_run(lambda: granted(rules, subject, "repository:1n/2n/app:pull"))

    work(400)  # what the patterns capture is kept
    assert granted(rules, person("bob", "a-1n", "b-2n"), "repository:1n/2n/app:pull")
    assert work(400) < 6 * work(100)


_BUT = (
    "- {id: r, authenticated: true, except: {groups: [contractors], users: ['tmp-*'], robots: [ci]}, "
    "repositories: [x], allow: [pull]}"
)


@pytest.mark.parametrize(
    ("subject", "granted_"),
    [
        (person("alice"), "pull"),
        (person("alice", "contractors"), ""),
        (person("tmp-1"), ""),
        (person("ci"), "pull"),
        (robot("ci"), ""),
        (robot("tmp-1"), "pull"),
        (robot("other", "contractors"), ""),
        (replace(person("alice"), groups=(NamedGroup("contractors", None, ambiguous=True),)), ""),
    ],
)
def test_exceptions(subject: object, granted_: str) -> None:
    """Groups of anybody, users of people, robots of robots; an ambiguous name takes away."""
    assert may(rule_set(_BUT), subject, "x") == granted_  # type: ignore[arg-type]


def test_an_exception_takes_nothing_that_another_rule_allows() -> None:
    """That is what a deny is for."""
    rules = rule_set(f"{_BUT}\n- {{id: other, groups: [contractors], repositories: [x], allow: [pull]}}")
    assert may(rules, person("alice", "contractors"), "x") == "pull"


def test_the_name_of_each_group_must_be_known_for_an_exception() -> None:
    """As for a deny: a group whose name was not read could be the one that is excepted."""
    assert rule_set(_BUT).denies_by_group_name
    assert not rule_set(_EDITORS).denies_by_group_name
    assert rule_set(_DENY).denies_by_group_name


def test_a_dn_that_cannot_be_compared_takes_away() -> None:
    """It may be the group that is denied together with others, or that is excepted."""
    unread = NamedGroup("odd", dn.of_server("cn=a\\zz,ou=g"))
    assert unread.dn is not None
    assert not unread.dn.is_comparable
    subject = replace(person("bob"), groups=(unread,))
    but = "- {id: r, authenticated: true, except: {groups: ['cn=c,ou=g']}, repositories: [x], allow: [pull]}"
    assert may(rule_set(but), person("bob"), "x") == "pull"
    assert may(rule_set(but), subject, "x") == ""
    deny = """
        - {id: give, authenticated: true, repositories: [x], allow: [pull]}
        - {id: take, all_groups: ['cn=c,ou=g', other], repositories: [x], deny: [pull]}
    """
    assert may(rule_set(deny), person("bob", "other"), "x") == "pull"
    assert may(rule_set(deny), subject, "x") == ""


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("users: [a], repositories: [x], deny: [pull], except: {groups: [b]}", "a deny has no exception"),
        (
            "everyone: true, repositories: [x], allow: [pull], except: {users: [b]}",
            "'everyone' has no exception",
        ),
        ("groups: ['{t}'], repositories: [x], allow: [pull], except: {groups: ['{t}-x']}", "has a variable"),
        ("users: [a], repositories: [x], allow: [pull], except: {users: ['{username}']}", "has a variable"),
        ("users: [a], repositories: [x], allow: [pull], except: {}", "'except' names nobody"),
        ("except: {users: [a]}, repositories: [x], allow: [pull]", "is for nobody"),
        (f"all_groups: {[f'g{n}' for n in range(9)]}, repositories: [x], allow: [pull]", "8"),
        ("all_groups: [a], repositories: ['{t}/x'], allow: [pull]", "nothing binds {t}"),
    ],
)
def test_what_cannot_be_said(rule: str, text: str) -> None:
    """Each with what to write instead."""
    assert any(text in problem for problem in problems_of(f"- {{id: r, {rule}}}"))


def _miss(rules: str, *groups: str) -> list[tuple[Lack, str]]:
    asked, _ = scope.parse_all(["repository:web/app:push"])
    made = explain(rule_set(rules), person("bob", *groups), asked, Context("s", "192.0.2.1", NOW))
    return [(miss.lack, miss.text) for one in made.resources[0].outcomes for miss in one.misses]


def test_explain() -> None:
    """What is lacking is the one group, or being no exception."""
    assert _miss(_EDITORS, "team-web") == [(Lack.GROUP, "bob is not in group editors")]
    assert _miss(_EDITORS) == [(Lack.GROUP, "bob is not in group editors and team-web")]
    but = "- {id: r, authenticated: true, except: {groups: [c]}, repositories: ['**'], allow: [push]}"
    assert _miss(but, "c") == [(Lack.EXCEPTED, "it excepts group c")]


def test_who_can() -> None:
    """A way names all groups with their variables solved, and who is excepted."""
    (asked,), _ = scope.parse_all(["repository:web/app:push"])
    but = "- {id: b, authenticated: true, except: {groups: [c]}, repositories: ['**'], allow: [push]}"
    rules = rule_set(f"{_LEADS}\n{but}")
    inquiry = Inquiry(rules, asked, Context("", "", NOW), service=False, address=False, time=True)
    assert [(str(way.reached), way.can) for way in inquiry.ways()] == [
        ("authenticated, but not group c", Can.YES),
        ("groups lead-web and team-web", Can.YES),
    ]
    assert inquiry.standing(person("bob", "c")).can is Can.NO


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "groups: [a], repositories: [x], allow: [pull]",
            "all_groups: [a, b], repositories: [x], allow: [pull]",
            [("group a", False, True, ())],
        ),
        (
            "all_groups: ['t-{x}', 'l-{x}'], repositories: ['{x}/*'], allow: [pull]",
            "all_groups: ['l-{y}', 't-{y}'], repositories: ['{y}/*'], allow: [pull]",
            [],
        ),
        (
            "authenticated: true, repositories: [x], allow: [pull]",
            "authenticated: true, except: {groups: [c]}, repositories: [x], allow: [pull]",
            [("authenticated", False, True, ("as group c",))],
        ),
        (
            "authenticated: true, except: {users: [bob]}, repositories: [x], allow: [pull]",
            "authenticated: true, except: {users: [bob, carol]}, repositories: [x], allow: [pull]",
            [("authenticated, but not user bob", False, True, ("as user carol",))],
        ),
    ],
)
def test_diff(old: str, new: str, told: list[tuple[str, bool, bool, tuple[str, ...]]]) -> None:
    """A change by an exception is proved with somebody who is excepted."""
    changes = compare(rule_set(f"- {{id: r, {old}}}"), rule_set(f"- {{id: r, {new}}}"), NOW).changes
    assert [(one.whom, one.gains, one.certain, one.circumstances) for one in changes] == told


def test_lint() -> None:
    """A rule for several groups lies within one for one of them; not within one with more exceptions."""
    several = "- {id: s, all_groups: [a, b], repositories: [x], allow: [pull]}"
    one = "- {id: o, groups: [a], repositories: [x], allow: [pull]}"
    but = "- {id: b, groups: [a], except: {users: [u]}, repositories: [x], allow: [pull]}"
    found = [finding.about for finding in contained.find(rule_set(f"{several}\n{one}").rules, NOW)]
    assert found == ["s"]
    assert not [*contained.find(rule_set(f"{several}\n{but}").rules, NOW)]
    assert [finding.about for finding in contained.find(rule_set(f"{one}\n{but}").rules, NOW)] == ["b"]


@pytest.mark.parametrize(
    ("what", "groups", "asked", "expected"),
    [
        (
            "all_groups: [a, 'cn=a,ou=g,dc=x'], repositories: [r]",
            ["cn=a,ou=g,dc=x"],
            "repository:r:pull",
            True,
        ),
        ("all_groups: [a, b], catalog: true", ["a", "b"], "registry:catalog:*", True),
        ("all_groups: ['t-{t}', b], repositories: ['{t}/**', r]", ["t-w", "b"], "repository:r:pull", True),
        ("all_groups: ['t-{t}', b], repositories: ['{t}/**', r]", ["t-w", "b"], "repository:s:pull", False),
    ],
)
def test_every_group_that_counts(what: str, groups: list[str], asked: str, expected: bool) -> None:
    """One group may count by its name and by its DN; what a repository does not need is not asked of it."""
    rules = rule_set(f"- {{id: r, {what}, allow: ['*']}}")
    assert bool(granted(rules, person("alice", *groups), asked)) is expected


def test_what_several_groups_capture_is_told_of_a_repository_close_by() -> None:
    """The miss has the repositories that the rule means for this person."""
    rules = rule_set("- {id: r, all_groups: ['team-{t}', editors], repositories: ['{t}/app'], allow: [push]}")
    scopes, _ = scope.parse_all(["repository:web/other:push"])
    made = explain(rules, person("alice", "team-web", "editors"), scopes, Context("", "", NOW))
    (miss,) = made.resources[0].outcomes[0].misses
    assert (miss.lack, miss.text) == (Lack.REPOSITORY, "web/app does not match web/other")
