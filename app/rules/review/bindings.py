"""For what the variables of a pattern can stand, where it is to match one name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.protocol import scope
from app.rules.review.automaton import Elements, prefix

_MOST_STEPS = 20_000
_MOST = 32
"""Solutions that are given: `{a}{b}` has one for each cut of a component."""


def solve(pattern: Elements, name: str) -> list[Mapping[str, str]]:
    """Give what the variables stand for, in each way in which a pattern matches a name.

    Every value is a legal component of a repository name, and one variable has one value.
    """
    if not scope.is_repository(name) or not name.startswith(prefix(pattern)):
        return []
    walk = _Walk(pattern, name)
    found: list[Mapping[str, str]] = []
    for solution in walk.solutions(0, 0, {}):
        if solution not in found:
            found.append(solution)
        if len(found) == _MOST:
            break
    return found


class _Walk:
    """A walk over a pattern and a name; no place is visited twice with the same values."""

    def __init__(self, pattern: Elements, name: str) -> None:
        self._pattern = pattern
        self._name = name
        self._seen: set[tuple[int, int, tuple[tuple[str, str], ...]]] = set()

    def solutions(self, index: int, place: int, bound: dict[str, str]) -> Iterator[Mapping[str, str]]:
        """Go on from an element of the pattern and a place in the name."""
        key = (index, place, tuple(sorted(bound.items())))
        if key in self._seen or len(self._seen) > _MOST_STEPS:
            return
        self._seen.add(key)
        if index == len(self._pattern):
            if place == len(self._name):
                yield bound
            return
        for end in self._ends(index, place, bound):
            token = self._pattern[index]
            value = self._name[place:end]
            further = {**bound, token.value: value} if token.kind == "variable" else bound
            yield from self.solutions(index + 1, end, further)

    def _ends(self, index: int, place: int, bound: Mapping[str, str]) -> Iterator[int]:
        """Give the places where an element that begins somewhere can end."""
        token, name = self._pattern[index], self._name
        slash = name.find("/", place)
        component_end = len(name) if slash < 0 else slash
        match token.kind:
            case "text":
                if name.startswith(token.value, place):
                    yield place + len(token.value)
            case "one":
                if place < component_end:
                    yield place + 1
            case "run":
                yield from range(component_end, place, -1)
            case "deep":
                yield from (
                    end for end in range(place + 1, len(name) + 1) if end == len(name) or name[end] == "/"
                )
            case "variable" if token.value in bound:
                if name.startswith(bound[token.value], place):
                    yield place + len(bound[token.value])
            case "variable":
                ends = range(component_end, place, -1)
                yield from (end for end in ends if scope.is_component(name[place:end]))
