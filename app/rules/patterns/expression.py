"""Regular expressions of RE2, each compiled once for as long as a pattern needs it.

RE2 matches in time linear in the length of the name, whatever the pattern: names come from anyone on the
network.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from weakref import WeakValueDictionary

import re2

_BOUND = 256
"""Expressions that one pattern keeps of those that depend on who asks: 10 KiB each."""


class Expression:
    """An expression, which is compiled when it is first needed."""

    __slots__ = ("__weakref__", "_compiled", "_source")

    def __init__(self, source: str) -> None:
        self._source = source
        self._compiled: re2._Regexp[str] | None = None

    def match(self, name: str) -> re2._Match[str] | None:
        """Match the whole of a name."""
        if self._compiled is None:
            self._compiled = re2.compile(self._source)
        return self._compiled.fullmatch(name)


_SHARED: WeakValueDictionary[str, Expression] = WeakValueDictionary()


def shared(source: str) -> Expression:
    """Return the expression of a source: one for all patterns of which it is a part."""
    known = _SHARED.get(source)
    return known if known is not None else _SHARED.setdefault(source, Expression(source))


def expressions() -> Callable[[str], Expression]:
    """Return what makes the expressions of one pattern whose source depends on who asks."""
    return lru_cache(maxsize=_BOUND)(Expression)
