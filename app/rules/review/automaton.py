"""Patterns as languages: whether there is a name that one pattern matches and others do not.

A pattern is a small automaton; the question is answered by walking the product of one with all others, the
shortest name first. So the answer is exact, also where several patterns together match what one does.

A variable is a symbol of its own, for which every legal value can stand: it is matched by the same variable
and by wildcards, so what holds here holds for each value.
"""

from __future__ import annotations

import functools
import string
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from app.rules.patterns.pieces import Token
from app.rules.review.universe import REPOSITORIES, Universe

Elements = tuple[Token, ...]
"""A pattern, cut into single characters, wildcards and variables."""

_PIECE = frozenset(string.ascii_lowercase + string.digits + "._-")
_MOST_STEPS = 20_000
"""Steps of one question. What people write needs a few hundred; what somebody could, a lifetime."""


class TooHardError(Exception):
    """The question was given up: it cannot be said whether there is such a name."""


def elements(tokens: Iterable[Token], bound: Mapping[str, Token] | None = None) -> Elements:
    """Cut a pattern into elements; variables that are bound are replaced by another variable or by a text."""
    cut: list[Token] = []
    for token in tokens:
        meant = bound.get(token.value, token) if bound and token.kind == "variable" else token
        if meant.kind == "text":
            cut.extend(map(_sign, meant.value))
        else:
            cut.append(meant)
    return tuple(cut)


@functools.lru_cache(maxsize=1024)
def _sign(character: str) -> Token:
    return Token("text", character)


def spell(word: Iterable[str]) -> str:
    """Give a pattern or a word as people write it."""
    return "".join(word)


def written(pattern: Elements) -> str:
    """Give elements as they are written in a rules file."""
    signs = {"deep": "**", "run": "*", "one": "?"}
    return "".join(
        f"{{{token.value}}}" if token.kind == "variable" else signs.get(token.kind, token.value)
        for token in pattern
    )


def beyond(
    wanted: Elements,
    others: Iterable[Elements],
    *,
    also: Elements | None = None,
    universe: Universe | None = None,
) -> tuple[str, ...] | None:
    """Find the shortest name that a pattern matches and none of the others does.

    Args:
        wanted: Matches the name.
        others: Do not match it.
        also: Matches it too.
        universe: Which names there are; those of repositories where not given.

    Returns:
        Its symbols, each a character or `{variable}`; None where there is no such name.

    Raises:
        TooHardError: It was given up.
    """
    both = [wanted] if also is None else [wanted, also]
    if not all(_may_meet(wanted, one) for one in both):
        return None
    near = [other for other in others if _may_meet(wanted, other)]
    return _Walk(both, near, universe or REPOSITORIES).shortest()


def loose(pattern: Elements) -> Elements:
    """Let every variable stand for anything."""
    return tuple(Token("run", "") if token.kind == "variable" else token for token in pattern)


def _may_meet(one: Elements, other: Elements) -> bool:
    """Tell whether two patterns can have a name in common, by the text they begin with."""
    for left, right in zip(one, other, strict=False):
        if left.kind != "text" or right.kind != "text":
            return True
        if left.value != right.value:
            return False
    return True


State = tuple[int, int]
"""The number of a pattern, and twice the index of an element; one more while inside that element."""
_Node = tuple[tuple[State, ...], frozenset[State], str]
"""Where the patterns that match are, where the others may be, and the state of the names there are."""


class _Walk:
    """One walk over the product of the patterns that match, all others, and the names there are."""

    def __init__(self, wanted: Sequence[Elements], others: Sequence[Elements], universe: Universe) -> None:
        self._patterns = [*wanted, *others]
        self._wanted = len(wanted)
        self._universe = universe
        named = {token.value for pattern in self._patterns for token in pattern if token.kind == "text"}
        strangers = (next((c for c in group if c not in named), None) for group in universe.strangers)
        fresh = [sign for sign in strangers if sign is not None]
        # of names that are equally short, the one that reads best is found first
        self._alphabet = [*fresh, *sorted(named.difference(fresh, "/")), "/"]
        self._next_others: dict[tuple[frozenset[State], str], frozenset[State]] = {}

    def shortest(self) -> tuple[str, ...] | None:
        """Walk from the empty name, breadth first."""
        others = frozenset(self._closed((n, 0) for n in range(self._wanted, len(self._patterns))))
        start = (tuple((n, 0) for n in range(self._wanted)), others, "")
        queue: deque[tuple[_Node, tuple[str, ...]]] = deque([(start, ())])
        seen = {start}
        while queue:
            node, word = queue.popleft()
            if self._is_answer(node):
                return word
            if len(word) >= self._universe.longest:
                continue
            for symbol in self._symbols(node[0][0]):
                for following in self._following(node, symbol):
                    if following not in seen:
                        seen.add(following)
                        queue.append((following, (*word, symbol)))
            if len(seen) > _MOST_STEPS:
                raise TooHardError
        return None

    def _is_answer(self, node: _Node) -> bool:
        states, others, legal = node
        return (
            all(map(self._is_end, states))
            and self._universe.is_end(legal)
            and not any(map(self._is_end, others))
        )

    def _following(self, node: _Node, symbol: str) -> Iterator[_Node]:
        states, others, legal = node
        after = self._universe.step(legal, symbol)
        if after is None:
            return
        rest = self._step_others(others, symbol)
        for targets in product(*(tuple(self._closed(self._step(state, symbol))) for state in states)):
            yield targets, rest, after

    def _symbols(self, state: State) -> Sequence[str]:
        """Give the symbols with which a pattern can go on."""
        pattern, index = self._patterns[state[0]], state[1] // 2
        if index == len(pattern):
            return ()
        token = pattern[index]
        if token.kind == "text":
            return (token.value,)
        return (f"{{{token.value}}}",) if token.kind == "variable" else self._alphabet

    def _step_others(self, states: frozenset[State], symbol: str) -> frozenset[State]:
        key = (states, symbol)
        if key not in self._next_others:
            after = (target for state in states for target in self._step(state, symbol))
            self._next_others[key] = frozenset(self._closed(after))
        return self._next_others[key]

    def _step(self, state: State, symbol: str) -> Iterator[State]:
        number, place = state
        pattern, index, inside = self._patterns[number], place // 2, place % 2
        if index == len(pattern):
            return
        token, variable = pattern[index], len(symbol) > 1
        match token.kind:
            case "text" if token.value == symbol:
                yield number, place + 2
            case "variable" if variable and symbol == f"{{{token.value}}}":
                yield number, place + 2
            case "one" if not variable and symbol != "/":
                yield number, place + 2
            case "piece" if symbol in _PIECE:
                yield number, place | 1
            case "run" | "deep" if symbol != "/":
                yield number, place | 1
            case "deep" if inside:
                yield number, place - 1

    def _closed(self, states: Iterable[State]) -> Iterator[State]:
        """Give states, and those that are reached from them without a further symbol."""
        for number, place in states:
            yield number, place
            if place % 2:
                yield number, place + 1

    def _is_end(self, state: State) -> bool:
        return state[1] == 2 * len(self._patterns[state[0]])
