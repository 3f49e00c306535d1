"""Patterns over repository names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import UnfitError
from app.protocol import scope
from app.rules.patterns.repository import RepositoryPattern, gram, places

_quick = settings(max_examples=60, deadline=None)
_COMPONENT = st.builds(
    "{}{}".format, st.text("abc0", min_size=1, max_size=3), st.sampled_from(["", ".a", "_b", "-b"])
)
_NAME = st.lists(_COMPONENT, min_size=1, max_size=4).map("/".join)
_PATTERN = st.lists(
    st.sampled_from(["a", "*", "**", "?", "a*", "*-b", "{x}", "{x}-b", "a?c"]), min_size=1
).map("/".join)


def _matches(pattern: str, name: str, **bound: str) -> bool:
    return RepositoryPattern.parse(pattern).matches(name, bound)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("base/app", ["base/app"]),
        ("platform/**", ["platform/a", "platform/a/b/c/d"]),
        ("**", ["a", "a/b", "localhost:5000/a"]),
        ("*", ["a", "a-b.c"]),
        ("*/release/**", ["web/release/app", "web/release/a/b"]),
        ("**/release", ["web/release", "a/b/release"]),
        ("a/**/z", ["a/b/z", "a/b/c/z"]),
        ("a/**/**", ["a/b/c", "a/b/c/d"]),
        ("app-?", ["app-1", "app-x"]),
        ("app-*", ["app-1", "app-123"]),
        ("*.*", ["a.b", "a.b.c"]),
        ("localhost:5000/**", ["localhost:5000/a"]),
        ("a*/b", ["ax/b"]),
    ],
)
def test_what_a_pattern_matches(pattern: str, names: list[str]) -> None:
    """`*` and `?` stay within a component, `**` is one or more whole ones."""
    assert all(_matches(pattern, name) for name in names)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("base/app", ["base/app2", "xbase/app", "base/app/x", "x/base/app", "base"]),
        ("platform/**", ["platform", "platforms/a", "x/platform/a"]),
        ("*", ["a/b"]),
        ("*/release/**", ["release/a", "a/b/release/c", "web/release"]),
        ("**/release", ["release"]),
        ("a/**/z", ["a/z"]),
        ("a/**/**", ["a/b"]),
        ("app-?", ["app-", "app-12"]),
        ("app-*", ["app-", "app-1/x"]),
        ("a.c", ["abc"]),
        ("a*", ["a"]),
        ("a?/b", ["a/b"]),
    ],
)
def test_what_a_pattern_does_not_match(pattern: str, names: list[str]) -> None:
    """A pattern is about the whole name, and no wildcard is empty."""
    assert not any(_matches(pattern, name) for name in names)


def test_a_variable_is_what_it_is_bound_to() -> None:
    """It stands for one text, wherever it stands."""
    assert _matches("{team}/**", "web/app", team="web")
    assert _matches("{team}/{team}-*", "web/web-app", team="web")
    assert not _matches("{team}/{team}-*", "web/ops-app", team="web")
    assert not _matches("{team}/**", "webs/app", team="web")


@pytest.mark.parametrize(
    "value",
    ["", "*", "**", "team-*", "a/b", "a|b", ".*", "..", "A", "a b", "a\n", "(a)", "{x}", "é", "a" * 256],
)
def test_a_value_that_is_no_component(value: str) -> None:
    """A captured text that no repository can have as a component matches nothing; it is never a pattern."""
    for pattern in ("{x}", "{x}/**", "**/{x}", "{x}*", "*{x}"):
        for name in ("a", "a/b", "team-a", "team-a/b"):
            assert not _matches(pattern, name, x=value)


def test_a_value_is_quoted() -> None:
    """The dot of a legal component is a dot, not any character."""
    assert _matches("{team}/**", "a.b/x", team="a.b")
    assert not _matches("{team}/**", "axb/x", team="a.b")


def test_a_variable_that_is_not_bound() -> None:
    """A rule that applies without a capture has nothing for its variable to stand for."""
    assert not _matches("{x}/**", "a/b")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("", "a pattern cannot be empty"),
        ("  ", "a pattern cannot be empty"),
        ("/a", "has an empty component"),
        ("a/", "has an empty component"),
        ("a//b", "has an empty component"),
        ("a**", "has '**' beside other text"),
        ("***", "has '**' beside other text"),
        ("{x", "has a brace without its partner"),
        ("x}", "has a brace without its partner"),
        ("{{x}}", "has a brace without its partner"),
        ("{}", "is no variable"),
        ("{X}", "is no variable"),
        ("{1x}", "is no variable"),
        ("{a b}", "is no variable"),
        ("Team/*", "matches no repository name"),
        ("a b", "matches no repository name"),
        ("a/é", "matches no repository name"),
        ("a%2fb", "matches no repository name"),
        ("a\n", "matches no repository name"),
        ("a..b/**", "matches no repository name"),
        ("-a/*", "matches no repository name"),
        ("a_/*", "matches no repository name"),
        ("../**", "matches no repository name"),
        ("a/b:5000/*", "matches no repository name"),
        ("a:5000", "matches no repository name"),
        ("a:b/*", "matches no repository name"),
        ("a/" * 128 + "a", "is too long"),
        ("*" + "-*" * 256, "a pattern has 512 characters at the most"),
    ],
)
def test_no_repository_patterns(pattern: str, text: str) -> None:
    """What is malformed, and what no repository could ever be called, is an error."""
    with pytest.raises(UnfitError) as caught:
        RepositoryPattern.parse(pattern)
    assert text in caught.value.text


def test_matching_is_linear() -> None:
    """No pattern makes a name expensive: the name comes from anyone on the network."""
    assert not RepositoryPattern.parse("*a" * 100 + "*b").matches("a" * 255, {})  # backtracking never ends


def test_the_longest_pattern_with_the_longest_values() -> None:
    """Whatever variables stand for, the engine takes what comes of it."""
    pattern = RepositoryPattern.parse("/".join(["{x}"] * 128))
    assert not pattern.matches("a", {"x": "a" * 255})


@_quick
@given(_NAME)
def test_a_name_is_a_pattern_for_itself(name: str) -> None:
    """A plain name matches itself alone."""
    assert _matches(name, name)
    assert not _matches(name, name + "x")
    assert not _matches(name, "x/" + name)


@_quick
@given(_PATTERN, _NAME, _COMPONENT)
def test_a_variable_matches_what_its_text_would(pattern: str, name: str, value: str) -> None:
    """A captured value is no more and no less than its text written into the pattern."""
    assert _matches(pattern, name, x=value) is _matches(pattern.replace("{x}", value), name)


@_quick
@given(st.text(max_size=30), _NAME)
def test_a_captured_value_never_matches_more_than_its_text(value: str, name: str) -> None:
    """Whatever a group is called, its namespace is its literal name."""
    assert _matches("{x}", name, x=value) is (name == value and scope.is_component(value))
    assert _matches("{x}/**", name, x=value) is (scope.is_component(value) and name.startswith(value + "/"))


@_quick
@given(_PATTERN, _NAME, st.dictionaries(st.just("x"), _COMPONENT, min_size=1))
def test_a_name_lies_where_the_patterns_that_match_it_do(
    pattern: str, name: str, bound: dict[str, str]
) -> None:
    """An index that looks at the places of a name misses no pattern, whatever its variables stand for."""
    parsed = RepositoryPattern.parse(pattern)
    if parsed.matches(name, bound):
        assert parsed.place in set(places(name, {gram(parsed.place)} - {0}))


def test_the_expressions_of_equal_patterns_are_one() -> None:
    """Of all patterns that end alike, for as long as there is one of them."""
    one, other = RepositoryPattern.parse("a/**"), RepositoryPattern.parse("b/**")
    assert one.expression is not None
    assert one.expression is other.expression
    assert RepositoryPattern.parse("*/{x}").expression is None
