"""Patterns as languages: containment, decided by automata and held to the matching of single names."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import UnfitError
from app.protocol import scope
from app.rules.parts.automaton import (
    NAMES,
    REPOSITORIES,
    Elements,
    TooHardError,
    beyond,
    elements,
    loose,
    meet,
    prefix,
    spell,
    written,
)
from app.rules.patterns.names import NamePattern
from app.rules.patterns.repository import RepositoryPattern
from app.rules.patterns.syntax import Token, TokenKind

_ALPHABET = "ab/-:1"
_NAMES = [
    name
    for length in range(1, 6)
    for name in map("".join, itertools.product(_ALPHABET, repeat=length))
    if scope.is_repository(name)
]
"""Every name of up to five of these characters."""


def _repository(text: str) -> Elements:
    pattern = RepositoryPattern.parse(text)
    return elements((*pattern.beginning, *pattern.rest))


def _legal(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def is_legal(text: str) -> bool:
        try:
            RepositoryPattern.parse(text)
        except UnfitError:
            return False
        return True

    return texts.filter(is_legal)


_COMPONENTS = st.text(alphabet="ab*?-1", min_size=1, max_size=4) | st.just("**")
_PATTERNS = _legal(st.lists(_COMPONENTS, min_size=1, max_size=3).map("/".join))


@pytest.mark.parametrize(
    ("wanted", "others", "shortest"),
    [
        ("web/**", ["web/*"], "web/x/x"),
        ("web/*", ["web/**"], None),
        ("web/**", ["web/*", "web/*/**"], None),
        ("**", ["*", "*/**"], None),
        ("*", ["?", "??", "???*"], "xxx"),
        ("a?", ["a*"], None),
        ("?*", ["*?"], None),
        ("*/release/**", ["**"], None),
        ("{team}/**", ["*/**"], None),
        ("*/**", ["{team}/**"], "x/x"),
        ("{team}/**", ["{username}/**"], "{team}/x"),
        ("{team}/x", ["?/x"], "{team}/x"),
        ("host:5000/**", ["host:*/**"], None),
        ("*:5/a", ["a*/**"], "x:5/a"),
    ],
)
def test_examples(wanted: str, others: list[str], shortest: str | None) -> None:
    """The shortest name that one pattern matches and the others do not."""
    found = beyond(_repository(wanted), map(_repository, others))
    assert (None if found is None else spell(found)) == shortest


@settings(max_examples=40, deadline=None)
@given(_PATTERNS, st.lists(_PATTERNS, max_size=3))
def test_what_is_found_is_beyond_and_nothing_is_overlooked(wanted: str, others: list[str]) -> None:
    """The name that is found is matched by the one and not by the others; where none is, there is none."""
    found = beyond(_repository(wanted), map(_repository, others))
    compiled = [RepositoryPattern.parse(text) for text in others]

    def is_beyond(name: str) -> bool:
        matched = RepositoryPattern.parse(wanted).matches(name, {})
        return matched and not any(pattern.matches(name, {}) for pattern in compiled)

    if found is None:
        assert not any(map(is_beyond, _NAMES))
    else:
        assert is_beyond(spell(found))


@settings(max_examples=40, deadline=None)
@given(
    _legal(st.lists(_COMPONENTS | st.just("{team}"), min_size=1, max_size=3).map("/".join)),
    _legal(st.lists(_COMPONENTS | st.sampled_from(["{team}", "{username}"]), min_size=1).map("/".join)),
)
def test_what_holds_of_a_variable_holds_of_each_value(one: str, other: str) -> None:
    """Where a pattern with variables lies within another, it does so whatever they stand for."""
    if beyond(_repository(one), [_repository(other)]) is not None:
        return
    for value in ("a", "b1", "a-b"):
        bound = {"team": value, "username": value}
        inner, outer = RepositoryPattern.parse(one), RepositoryPattern.parse(other)
        assert all(outer.matches(name, bound) for name in _NAMES if inner.matches(name, bound))


def test_a_name_that_two_patterns_match() -> None:
    """Two patterns have a name in common, or have not; a loosened variable stands for anything."""
    both = beyond(_repository("web/**"), [_repository("web/a")], also=_repository("*/?"))
    assert both is not None
    assert spell(both) == "web/x"
    assert beyond(_repository("web/**"), [], also=_repository("ops/**")) is None
    assert beyond(_repository("web/**"), [], also=_repository("{team}/a")) is None
    assert beyond(_repository("web/**"), [], also=loose(_repository("{team}/a"))) is not None


def test_what_only_may_meet_is_said_to_meet() -> None:
    """Two patterns meet where the values of their variables allow it; a question given up counts as yes."""
    assert meet(_repository("{team}/a"), _repository("web/{username}"))
    assert not meet(_repository("{team}"), _repository("web/a"))
    ends_in_a, ends_in_b = (elements(NamePattern.parse(text * 200).tokens) for text in ("*a", "*b"))
    assert meet(ends_in_a, ends_in_b, NAMES)


@settings(max_examples=40, deadline=None)
@given(_PATTERNS)
def test_every_name_begins_with_the_prefix(text: str) -> None:
    """The text before the first wildcard or variable is the beginning of every name that is matched."""
    pattern = RepositoryPattern.parse(text)
    names = [name for name in _NAMES if pattern.matches(name, {})]
    assert all(name.startswith(prefix(_repository(text))) for name in names)
    assert prefix(_repository("web-{team}/a*")) == "web-"


def test_the_grammar_of_names_is_the_protocols() -> None:
    """The automaton takes exactly the names that the scope grammar takes."""
    for length in range(1, 6):
        for text in map("".join, itertools.product("a1._-/:", repeat=length)):
            state: str | None = ""
            for symbol in text:
                state = REPOSITORIES.step(state, symbol) if state is not None else None
            taken = state is not None and REPOSITORIES.is_end(state)
            assert taken is scope.is_repository(text), text


def test_names_of_groups() -> None:
    """What a variable captures are fewer characters than those a star matches."""
    captured = (*elements(NamePattern.parse("team-").tokens), Token(TokenKind.PIECE, ""))
    starred = elements(NamePattern.parse("team-*").tokens)
    assert beyond(captured, [starred], grammar=NAMES) is None
    assert beyond(starred, [captured], grammar=NAMES) is not None


def test_variables_are_replaced_and_patterns_written() -> None:
    """A variable becomes another or a text, and elements are written as in a file."""
    tokens = (
        RepositoryPattern.parse("{team}/?x*/**").beginning + RepositoryPattern.parse("{team}/?x*/**").rest
    )
    assert written(elements(tokens)) == "{team}/?x*/**"
    assert written(elements(tokens, {"team": Token(TokenKind.VARIABLE, "t")})) == "{t}/?x*/**"
    assert written(elements(tokens, {"team": Token(TokenKind.TEXT, "web")})) == "web/?x*/**"


def test_a_question_that_takes_too_long_is_given_up() -> None:
    """A pattern made to be hard ends in time, without an answer rather than with a wrong one."""
    short = [_repository("?" * size) for size in range(1, 18)]
    with pytest.raises(TooHardError):
        beyond(_repository("*"), [*short, _repository("*a" + "?" * 16)])
