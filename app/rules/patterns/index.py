"""Rules by the names that make them apply: a name finds its rules without a look at the others.

A plain name is a key. A pattern is found by what every name that it matches has in common: its beginning up
to the first variable or wildcard, else its end; of a DN, the RDNs that are written out. So the cost of a name
depends on how many different shapes there are, and on the rules near it, never on the number of rules. Only
patterns with a variable or wildcard at both ends have nothing that they could be found by: each is tried,
once for each name.

Under a name, rules lie by the places of the repositories that they are about: somebody in many groups is
reached by many rules, and a request is about few repositories.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Generic, Protocol, TypeVar

from app.dn import DN
from app.rules.patterns.syntax import Captures

Key = TypeVar("Key", str, DN)
Name_contra = TypeVar("Name_contra", str, DN, contravariant=True)
_KEPT = 65_536
"""Names of which is kept what may match them."""


class Placed(Protocol):
    """What an index needs of a rule."""

    @property
    def places(self) -> frozenset[str]:
        """Where the repositories are that it is about."""


Rule = TypeVar("Rule", bound=Placed)


class Shape(Protocol[Name_contra]):
    """What names have in common that one pattern matches, but for its text."""

    def of(self, name: Name_contra, /) -> Hashable:
        """Return what a name has there."""

    def __hash__(self) -> int: ...


class Pattern(Protocol[Key]):
    """What an index needs of a pattern over names or DNs."""

    @property
    def text(self) -> str:
        """As written."""

    @property
    def key(self) -> Key | None:
        """The one name it matches; None where it matches by pattern."""

    @property
    def shape(self) -> tuple[Shape[Key], Hashable]:
        """What every name that it matches has in a shape."""

    @property
    def is_personal(self) -> bool:
        """Whether it compares something with the name of whoever asks."""

    def match(self, name: Key, username: str) -> Captures | None:
        """Match a name."""


class Shelf(Generic[Rule]):
    """Rules by the places of the repositories that they are about."""

    __slots__ = ("_rules",)

    def __init__(self) -> None:
        self._rules: dict[str, list[Rule]] = {}

    def add(self, rule: Rule) -> None:
        """Put a rule into each of its places."""
        for place in rule.places:
            self._rules.setdefault(place, []).append(rule)

    def near(self, places: frozenset[str]) -> list[Rule]:
        """Return the rules in some places, each once."""
        here = self._rules
        found = [
            here[place]
            for place in (places if len(places) < len(here) else here)
            if place in here and place in places
        ]
        if len(found) == 1:
            return found[0]
        return list({id(rule): rule for rules in found for rule in rules}.values())

    def some(self, places: Iterable[str], most: int) -> list[Rule]:
        """Return at most so many of the rules in some places, each once, without a look at the others."""
        each = (rule for place in places for rule in self._rules.get(place, ()))
        found: dict[int, Rule] = {}
        for rule in islice(each, most):
            found[id(rule)] = rule
        return list(found.values())


Near = tuple[tuple[Pattern[Key], Shelf[Rule], Captures | None], ...]
"""Patterns that match a name, each with its rules and captures; None where that depends on who bears it."""


class Index(Generic[Key, Rule]):
    """Rules by names and by patterns over names; it is filled before it is asked."""

    def __init__(self) -> None:
        self._named: dict[Key, tuple[Pattern[Key], Shelf[Rule]]] = {}
        self._patterned: dict[Shape[Key], dict[Hashable, dict[str, tuple[Pattern[Key], Shelf[Rule]]]]] = {}
        self._near: Callable[[Key], Near[Key, Rule]] = lru_cache(maxsize=_KEPT)(self._look)

    def add(self, pattern: Pattern[Key], rule: Rule) -> None:
        """Note that a rule applies to whatever a pattern matches."""
        if pattern.key is not None:
            named = self._named.get(pattern.key)
            if named is None:
                named = self._named[pattern.key] = (pattern, Shelf())
            shelf = named[1]
        else:
            shape, common = pattern.shape
            near = self._patterned.setdefault(shape, {}).setdefault(common, {})
            shelf = near.setdefault(pattern.text, (pattern, Shelf()))[1]
        shelf.add(rule)

    def find(self, name: Key, username: str, places: frozenset[str]) -> Iterator[tuple[Rule, Captures]]:
        """Return the rules of some places that apply to a name, with what their variables captured of it."""
        near = self._near(name)
        return _match(near, name, username, places) if near else iter(())

    def _look(self, name: Key) -> Near[Key, Rule]:
        """Return what matches a name, or may; kept, for the groups of a login come again."""
        tried = [self._named[name]] if name in self._named else []
        for shape, by_common in self._patterned.items():
            tried.extend(by_common.get(shape.of(name), {}).values())
        found = []
        for pattern, shelf in tried:
            captures = None if pattern.is_personal else pattern.match(name, "")
            if pattern.is_personal or captures is not None:
                found.append((pattern, shelf, captures))
        return tuple(found)


def _match(
    near: Near[Key, Rule], name: Key, username: str, places: frozenset[str]
) -> Iterator[tuple[Rule, Captures]]:
    for pattern, shelf, kept in near:
        rules = shelf.near(places)
        captures = pattern.match(name, username) if rules and kept is None else kept
        if captures is not None:
            for rule in rules:
                yield rule, captures
