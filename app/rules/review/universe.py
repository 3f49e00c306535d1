"""Which names there are: the grammar of repository names, as an automaton, and that of all other names."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass

from app.protocol import scope

_LETTERS = string.ascii_lowercase
_READS_WELL = f"xyz{_LETTERS}"
_SEPARATORS = frozenset("._-")
_LONGEST_PORT = ":00000"
_LONGEST_GROUP = 1024


@dataclass(frozen=True, slots=True)
class Universe:
    """Which names there are; a symbol is a character, or `{name}` for a variable.

    Attributes:
        strangers: Groups of characters; patterns cannot tell those of one group apart unless they name them.
        step: Takes a state and a symbol to the next state; None where no name goes on like this.
        is_end: Tells whether a name may end in a state.
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


REPOSITORIES = Universe(
    (_READS_WELL, string.digits, ".", "_", "-", ":"), _repository_step, _is_repository_end, scope.MAX_NAME
)
NAMES = Universe((_READS_WELL, "~^%$", " "), _any_step, _any_end, _LONGEST_GROUP)
"""The names of groups, people and robots."""
