"""Whether two patterns can match the same name. "Yes" may be wrong, "no" never is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_PART = re.compile(r"\*\*|[*?]|\{[^}]*\}|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Step:
    """What one character may be.

    Attributes:
        character: Which one; empty for any.
        slash: Whether any includes the slash.
        again: Whether it may be there any number of times, none too.
    """

    character: str
    slash: bool = False
    again: bool = False

    def meets(self, other: _Step) -> bool:
        if self.character and other.character:
            return self.character == other.character
        wild = other if self.character else self
        return wild.slash or (self.character or other.character) != "/"


def any_overlap(ones: Iterable[str], others: Iterable[str]) -> bool:
    """Tell whether any two of two lists of patterns can match the same name."""
    listed = tuple(others)
    return any(overlap(one, other) for one in ones for other in listed)


@lru_cache(maxsize=65_536)
def overlap(one: str, other: str) -> bool:
    """Tell whether two patterns of rules can match the same name; a variable may be any component."""
    left, right = _steps(one), _steps(other)
    seen: set[tuple[int, int]] = set()
    waiting = [(0, 0)]
    while waiting:
        state = waiting.pop()
        if state in seen:
            continue
        seen.add(state)
        at, there = state
        if at == len(left) and there == len(right):
            return True
        waiting.extend(_next(left, at, right, there))
    return False


def _next(left: tuple[_Step, ...], at: int, right: tuple[_Step, ...], there: int) -> list[tuple[int, int]]:
    found = []
    if at < len(left) and left[at].again:
        found.append((at + 1, there))
    if there < len(right) and right[there].again:
        found.append((at, there + 1))
    if at < len(left) and there < len(right) and left[at].meets(right[there]):
        found.append((at + (not left[at].again), there + (not right[there].again)))
    return found


def _steps(pattern: str) -> tuple[_Step, ...]:
    return tuple(step for part in _PART.findall(pattern) for step in _of_part(part))


def _of_part(part: str) -> tuple[_Step, ...]:
    match part:
        case "**":
            return _Step("", slash=True), _Step("", slash=True, again=True)
        case "?":
            return (_Step(""),)
        case "*":
            return _Step(""), _Step("", again=True)
        case _ if part.startswith("{"):
            return _Step(""), _Step("", again=True)
        case _:
            return (_Step(part),)
