"""The rules as the engine has them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import dn
from app.dn import DN
from app.errors import UnfitError
from app.rules.model import Rule
from app.rules.patterns.dns import DNPattern
from app.rules.patterns.index import Index
from app.rules.patterns.names import NamePattern
from app.rules.patterns.repository import ANYWHERE, CATALOG_PLACE
from tests.support.work import lines_run
from tests.unit.rules.given import one_rule, rule_set


def test_a_plain_name_finds_its_rules_without_the_others() -> None:
    """The index leads from a name to its rules; patterns are tried beside."""
    rules = rule_set("""
        - {id: plain, groups: [Team-Web], repositories: [x], allow: [pull]}
        - {id: pattern, groups: ["team-{t}"], repositories: [x], allow: [pull]}
        - {id: other, groups: [team-ops], repositories: [x], allow: [pull]}
    """)
    found = {
        rule.id: captures for rule, captures in rules.by_group_name.find("team-web", "bob", frozenset({"x"}))
    }
    assert found == {"plain": (), "pattern": (("t", "web"),)}


def test_an_index_of_nothing() -> None:
    """No rules are found in an empty index."""
    index: Index[str, Rule] = Index()
    assert list(index.find("x", "x", frozenset({"x"}))) == []
    rule = one_rule("everyone: true", "repositories: [x]").rules[0]
    index.add(NamePattern.parse("y"), rule)
    assert list(index.find("x", "x", frozenset({"x"}))) == []


def test_a_rule_set_is_indexed_by_all_that_it_is_for() -> None:
    """A rule stands in each index that its parts ask for."""
    rules = one_rule(
        "groups: [g, 'cn=g,dc=x'], users: [u], robots: [r], authenticated: true, everyone: true",
        "repositories: [x]",
    )
    places = frozenset({"x"})
    assert [
        [rule.id for rule in shelf.near(places)] for shelf in (rules.for_everyone, rules.for_authenticated)
    ] == [["only"]] * 2
    assert [rule.id for rule, _ in rules.by_user.find("u", "u", places)] == ["only"]
    assert [rule.id for rule, _ in rules.by_robot.find("r", "r", places)] == ["only"]


@pytest.mark.parametrize(
    ("what", "places"),
    [
        ("repositories: [a, b/c, 'd/**']", {"a", "b", "d"}),
        ("repositories: ['host:5000/**']", {"host:5000"}),
        ("repositories: ['*/b', '{username}/x', '**', 'e?']", {"/b", "/x", ANYWHERE, "~e"}),
        ("repositories: ['**/app/*/release/*-x', '*-ab/*-c']", {"/release", "~-ab"}),
        ("repositories: ['*production/*', '*-staging-*/**']", {"~tion", "~ing-"}),
        ("repositories: ['a/*', 'a/b', 'a{username}', '{username}']", {"a", "~a", ANYWHERE}),
        ("repositories: [a], catalog: true", {"a", CATALOG_PLACE}),
        ("catalog: true", {CATALOG_PLACE}),
    ],
)
def test_a_rule_lies_where_its_repositories_begin(what: str, places: set[str]) -> None:
    """By the first component, else the longest other one, else the end of the longest text written out."""
    assert one_rule("everyone: true", what, "allow: ['*']").rules[0].places == places


def test_a_rule_in_several_places_is_found_once() -> None:
    """However many of its places are asked for."""
    rules = one_rule("groups: [g, 'g*'], everyone: true", "repositories: [a, b, '*/c']")
    places = frozenset({"a", "b", ANYWHERE})
    assert len(rules.for_everyone.near(places)) == 1
    assert len(list(rules.by_group_name.find("g", "", places))) == 1
    assert len(list(rules.by_group_name.find("gh", "", places))) == 1


_LETTERS = st.text("ab-", min_size=1, max_size=4)
_PATTERNS = st.lists(
    _LETTERS | st.sampled_from(["{x}", "{y}", "*", "?", "{username}"]), min_size=1, max_size=3
)


@given(st.lists(_PATTERNS.map("".join), min_size=1, max_size=8), _LETTERS, _LETTERS)
def test_an_index_finds_what_a_look_at_every_pattern_finds(
    texts: list[str], name: str, username: str
) -> None:
    """By beginnings, ends or neither: nothing is missed, and nothing more is found."""
    index: Index[str, Rule] = Index()
    patterns = []
    for text in texts:
        with contextlib.suppress(UnfitError):
            patterns.append(NamePattern.parse(text))
    rule = one_rule("everyone: true", "repositories: [x]").rules[0]
    for pattern in patterns:
        index.add(pattern, rule)
    expected = {captures for p in patterns if (captures := p.match(name, username)) is not None}
    assert {captures for _, captures in index.find(name, username, frozenset({"x"}))} == expected


_RDNS = st.sampled_from(
    ["cn=a", "cn=b", "cn={x}", "ou={y}", "ou=a", "cn=a+ou={z}", "cn=a+ou=b", "cn={username}"]
)
_NAMES = st.sampled_from(["cn=a", "cn=b", "ou=a", "ou=b", "cn=a+ou=b", "cn=a+ou=a"])


@given(
    st.lists(st.lists(_RDNS, min_size=1, max_size=3), max_size=8), st.lists(_NAMES, min_size=1, max_size=3)
)
def test_an_index_of_dns_finds_what_a_look_at_every_pattern_finds(
    texts: list[list[str]], name: list[str]
) -> None:
    """Whichever RDNs are written out."""
    index: Index[DN, Rule] = Index()
    patterns = []
    for text in texts:
        with contextlib.suppress(UnfitError):
            patterns.append(DNPattern.parse(",".join(text)))
    rule = one_rule("everyone: true", "repositories: [x]").rules[0]
    for pattern in patterns:
        index.add(pattern, rule)
    asked = dn.parse(",".join(name))
    expected = {captures for p in patterns if (captures := p.match(asked, "a")) is not None}
    assert {captures for _, captures in index.find(asked, "a", frozenset({"x"}))} == expected


def test_patterns_that_no_index_finds_are_tried_once_for_each_name() -> None:
    """A thousand of them cost somebody in many groups nothing from the second request on."""
    line = "- {id: %s, groups: ['%s'], repositories: [a/b], allow: [pull]}"
    lines = [line % (f"r{number}", f"*-x{number}-*") for number in range(1000)]
    rules = rule_set("\n".join([*lines, line % ("own", "{t}-{username}-?")]))
    names = [*(f"team-{number}" for number in range(100)), "a-x7-b", "web-bob-8"]

    def found(username: str) -> list[tuple[str, object]]:
        return [
            (rule.id, captures)
            for name in names
            for rule, captures in rules.by_group_name.find(name, username, frozenset({"a"}))
        ]

    assert found("bob") == [("r7", ()), ("own", (("t", "web"),))]
    assert found("alice") == [("r7", ())]
    assert lines_run(lambda: found("carol")) < len(lines) * len(names) / 2  # not a line for each pattern
