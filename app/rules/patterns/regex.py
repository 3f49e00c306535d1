"""RE2's regular expressions, compiled when they are first needed, and what they captured, for a while."""

from __future__ import annotations

import functools

import re2

Captures = tuple[tuple[str, str], ...]
"""What the variables of a rule stand for: (variable, text) pairs, sorted."""
_COMPILED = 4096
"""Compiled patterns that are kept, 10 KiB each: those with a variable differ for each of its values."""
_CAPTURED = 65_536
"""Names whose match with a pattern is kept."""


@functools.lru_cache(maxsize=_COMPILED)
def compiled(source: str) -> re2._Regexp[str]:
    """Compile an expression."""
    return re2.compile(source)


@functools.lru_cache(maxsize=_CAPTURED)
def captures(source: str, name: str) -> Captures | None:
    """Match a name; kept, for the groups of a login are matched at each of its requests."""
    found = compiled(source).fullmatch(name)
    return tuple(sorted(found.groupdict().items())) if found else None
