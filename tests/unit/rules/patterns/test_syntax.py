"""The syntax of patterns."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import UnfitError
from app.rules.parts.automaton import beyond, elements
from app.rules.patterns.dns import parse_group
from app.rules.patterns.names import NamePattern
from app.rules.patterns.repository import RepositoryPattern
from app.rules.patterns.syntax import Token, TokenKind, cut, is_plain, variables


def test_the_pieces_of_a_pattern() -> None:
    """Signs stand alone, and what is between two of them is one piece of text."""
    assert cut("a/b-{team}?/**") == (
        Token(TokenKind.TEXT, "a/b-"),
        Token(TokenKind.VARIABLE, "team"),
        Token(TokenKind.ONE, ""),
        Token(TokenKind.TEXT, "/"),
        Token(TokenKind.DEEP, ""),
    )


def test_three_stars() -> None:
    """The first two of them are one sign."""
    assert cut("***") == (Token(TokenKind.DEEP, ""), Token(TokenKind.RUN, ""))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("{A}x}", "{A} is no variable"),
        ("x}{A}", "'x}{A}' has a brace without its partner"),
        ("{a{b}", "'{a{b}' has a brace without its partner"),
    ],
)
def test_the_first_thing_wrong_is_told(pattern: str, text: str) -> None:
    """Of several mistakes the one further left is reported."""
    with pytest.raises(UnfitError) as caught:
        cut(pattern)
    assert caught.value.text == text


def test_what_is_plain() -> None:
    """Text alone is plain; a wildcard or a variable alone is not."""
    assert [pattern for pattern in ("a/b", "*", "{x}", "a*", "a{x}") if is_plain(cut(pattern))] == ["a/b"]


def test_the_variables_of_a_pattern() -> None:
    """Each is named once, wherever it stands."""
    assert variables(cut("{a}/{b}/{a}")) == {"a", "b"}
    assert variables(cut("a/**")) == set()


_PIECES = st.sampled_from(["a", "0", "-", "_", ".", "/", ":", "*", "?", "**", "{x}", "5"])


@given(st.lists(_PIECES, min_size=1, max_size=8).map("".join))
def test_a_pattern_that_loads_matches_some_name(text: str) -> None:
    """And one that is refused as matching none does match none, by the exact automaton."""
    try:
        pattern = RepositoryPattern.parse(text)
    except UnfitError as error:
        if "matches no repository name" in error.text:
            assert beyond(elements(cut(text)), []) is None
        return
    assert beyond(elements((*pattern.beginning, *pattern.rest)), []) is not None


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40) | st.text("ab*?{}/.-:_", max_size=40))
def test_any_text_is_a_pattern_or_an_error(text: str) -> None:
    """No text of a file makes anything else happen, at load or when it is matched."""
    for parse in (RepositoryPattern.parse, NamePattern.parse, parse_group):
        try:
            pattern = parse(text)
        except UnfitError:
            continue
        if isinstance(pattern, RepositoryPattern):
            pattern.matches("a/b", dict.fromkeys(pattern.variables, "x"))
        elif isinstance(pattern, NamePattern):
            pattern.match("a", "alice")
