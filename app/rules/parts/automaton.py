"""Whether there is a name that one pattern matches and others do not: patterns as automata.

The question is answered by a breadth-first walk over the product of all the patterns and of the grammar of
names. So the answer is exact, also where several patterns together match what one does, and the name that is
found is the shortest one.

A variable is a symbol of its own that stands for every legal value. The same variable and the wildcards match
it, so what is found out here holds for each value.
"""

from __future__ import annotations

import functools
import string
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product, takewhile

from app.dn import fold_case
from app.protocol import scope
from app.rules.patterns.names import NamePattern
from app.rules.patterns.syntax import Token, TokenKind

Elements = tuple[Token, ...]
"""A pattern, cut into single characters, wildcards and variables."""
Word = tuple[str, ...]
"""A name as symbols, each a character or `{variable}`."""

_LETTERS = string.ascii_lowercase
_READS_WELL = f"xyz{_LETTERS}"
_SEPARATORS = frozenset("._-")
_PIECE = frozenset(string.ascii_lowercase + string.digits + "._-")
_LONGEST_PORT = ":00000"
_LONGEST_GROUP = 1024
_MOST_STEPS = 20_000
"""Steps of one question. What people write needs a few hundred; what is made for it, a lifetime."""


class TooHardError(Exception):
    """The walk was given up: it is not known whether there is such a name."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """Which names are legal.

    Attributes:
        strangers: Groups of characters. Patterns tell two characters of a group apart only by naming one.
        step: Return the state after a state and a symbol; None where no legal name goes on like this.
        is_end: Whether a name may end in a state.
        longest: Symbols of the longest name.
    """

    strangers: tuple[str, ...]
    step: Callable[[str, str], str | None]
    is_end: Callable[[str], bool]
    longest: int


def _repository_step(state: str, symbol: str) -> str | None:
    """Follow the grammar of repository names.

    The state is a `+` after the first slash, then what came last: nothing, `a` for a letter or a digit, a
    separator, or `:` and the digits of a port.
    """
    after_slash = "+" if state.startswith("+") else ""
    last = state.removeprefix("+")
    if last.startswith(":"):
        return _port_step(last, symbol)
    if len(symbol) > 1 or symbol in _LETTERS or symbol in string.digits:
        return f"{after_slash}a"
    if symbol in _SEPARATORS:
        return after_slash + symbol if last == "a" else _second_separator(after_slash, last, symbol)
    if last != "a" or symbol not in "/:":
        return None
    return "+" if symbol == "/" else ":" if not after_slash else None


def _second_separator(after_slash: str, last: str, symbol: str) -> str | None:
    if last != symbol or symbol == ".":
        return None
    return f"{after_slash}-" if symbol == "-" else f"{after_slash}__"


def _port_step(last: str, symbol: str) -> str | None:
    if len(symbol) > 1:
        return _LONGEST_PORT
    if symbol in string.digits and len(last) < len(_LONGEST_PORT):
        return f"{last}0"
    return "+" if symbol == "/" and len(last) > 1 else None


def _is_repository_end(state: str) -> bool:
    return state.removeprefix("+") == "a"


def _any_step(state: str, symbol: str) -> str:  # noqa: ARG001 - any symbol will do
    return state


def _any_end(state: str) -> bool:  # noqa: ARG001 - any end will do
    return True


REPOSITORIES = Grammar(
    (_READS_WELL, string.digits, ".", "_", "-", ":"), _repository_step, _is_repository_end, scope.MAX_NAME
)
NAMES = Grammar((_READS_WELL, "~^%$", " "), _any_step, _any_end, _LONGEST_GROUP)
"""The names of groups, people and robots."""


def elements(tokens: Iterable[Token], bound: Mapping[str, Token] | None = None) -> Elements:
    """Cut a pattern into elements; replace each bound variable by another variable or by a text."""
    cut: list[Token] = []
    for token in tokens:
        meant = bound.get(token.value, token) if bound and token.kind is TokenKind.VARIABLE else token
        if meant.kind is TokenKind.TEXT:
            cut.extend(map(_sign, meant.value))
        else:
            cut.append(meant)
    return tuple(cut)


def folded(pattern: NamePattern) -> tuple[Token, ...]:
    """Return a pattern over names with its text folded, as the names are that it is compared with."""
    return tuple(
        Token(TokenKind.TEXT, fold_case(token.value)) if token.kind is TokenKind.TEXT else token
        for token in pattern.tokens
    )


@functools.lru_cache(maxsize=1024)
def _sign(character: str) -> Token:
    return Token(TokenKind.TEXT, character)


def spell(word: Iterable[str]) -> str:
    """Return a word as people write it."""
    return "".join(word)


def written(pattern: Elements) -> str:
    """Return elements as they are written in a rules file."""
    signs = {TokenKind.DEEP: "**", TokenKind.RUN: "*", TokenKind.ONE: "?"}
    return "".join(
        f"{{{token.value}}}" if token.kind is TokenKind.VARIABLE else signs.get(token.kind, token.value)
        for token in pattern
    )


def prefix(pattern: Elements) -> str:
    """Return the text with which every name begins that a pattern matches."""
    return "".join(token.value for token in takewhile(lambda token: token.kind is TokenKind.TEXT, pattern))


def loose(pattern: Elements) -> Elements:
    """Let every variable stand for anything."""
    return tuple(Token(TokenKind.RUN, "") if token.kind is TokenKind.VARIABLE else token for token in pattern)


def meet(one: Elements, other: Elements, grammar: Grammar = REPOSITORIES) -> bool:
    """Whether two patterns can match the same name. "Yes" may be wrong, "no" never is."""
    try:
        return beyond(loose(one), [], also=loose(other), grammar=grammar) is not None
    except TooHardError:
        return True


def beyond(
    wanted: Elements,
    others: Iterable[Elements],
    *,
    also: Elements | None = None,
    grammar: Grammar = REPOSITORIES,
) -> Word | None:
    """Return the shortest name that a pattern matches and none of the others does; None if there is none.

    Args:
        wanted: Matches the name.
        others: Do not match it.
        also: Matches it too.
        grammar: Which names are legal.

    Raises:
        TooHardError: The walk was given up.
    """
    beginning = prefix(wanted)
    if also is not None and not _agree(beginning, prefix(also)):
        return None
    near = [other for other in others if _agree(beginning, prefix(other))]
    return _Walk([wanted] if also is None else [wanted, also], near, grammar).shortest()


def _agree(one: str, other: str) -> bool:
    """Whether one name can begin with both prefixes."""
    return one.startswith(other) or other.startswith(one)


State = tuple[int, int]
"""The number of a pattern, and twice the index of an element; one more while inside that element."""
_Node = tuple[tuple[State, ...], frozenset[State], str]
"""The states of the patterns that match, those of the others, and that of the grammar."""


class _Walk:
    """One walk over the product of the patterns that match, all others, and the grammar."""

    def __init__(self, wanted: Sequence[Elements], others: Sequence[Elements], grammar: Grammar) -> None:
        self._patterns = [*wanted, *others]
        self._wanted = len(wanted)
        self._grammar = grammar
        named = {
            token.value for pattern in self._patterns for token in pattern if token.kind is TokenKind.TEXT
        }
        strangers = (next((c for c in group if c not in named), None) for group in grammar.strangers)
        fresh = [sign for sign in strangers if sign is not None]
        # of names that are equally short, the one that reads best is found first
        self._alphabet = [*fresh, *sorted(named.difference(fresh, "/")), "/"]
        self._next_others: dict[tuple[frozenset[State], str], frozenset[State]] = {}

    def shortest(self) -> Word | None:
        """Walk from the empty name, breadth first."""
        others = frozenset(self._closed((n, 0) for n in range(self._wanted, len(self._patterns))))
        start = (tuple((n, 0) for n in range(self._wanted)), others, "")
        queue: deque[tuple[_Node, Word]] = deque([(start, ())])
        seen = {start}
        while queue:
            node, word = queue.popleft()
            if self._is_answer(node):
                return word
            if len(word) >= self._grammar.longest:
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
            and self._grammar.is_end(legal)
            and not any(map(self._is_end, others))
        )

    def _following(self, node: _Node, symbol: str) -> Iterator[_Node]:
        states, others, legal = node
        after = self._grammar.step(legal, symbol)
        if after is None:
            return
        rest = self._step_others(others, symbol)
        for targets in product(*(tuple(self._closed(self._step(state, symbol))) for state in states)):
            yield targets, rest, after

    def _symbols(self, state: State) -> Sequence[str]:
        """Return the symbols with which a pattern can go on."""
        pattern, index = self._patterns[state[0]], state[1] // 2
        if index == len(pattern):
            return ()
        token = pattern[index]
        if token.kind is TokenKind.TEXT:
            return (token.value,)
        return (f"{{{token.value}}}",) if token.kind is TokenKind.VARIABLE else self._alphabet

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
            case TokenKind.TEXT if token.value == symbol:
                yield number, place + 2
            case TokenKind.VARIABLE if variable and symbol == f"{{{token.value}}}":
                yield number, place + 2
            case TokenKind.ONE if not variable and symbol != "/":
                yield number, place + 2
            case TokenKind.PIECE if symbol in _PIECE:
                yield number, place | 1
            case TokenKind.RUN | TokenKind.DEEP if symbol != "/":
                yield number, place | 1
            case TokenKind.DEEP if inside:
                yield number, place - 1

    def _closed(self, states: Iterable[State]) -> Iterator[State]:
        """Add the states that are reached without a further symbol."""
        for number, place in states:
            yield number, place
            if place % 2:
                yield number, place + 1

    def _is_end(self, state: State) -> bool:
        return state[1] == 2 * len(self._patterns[state[0]])
