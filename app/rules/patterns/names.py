"""Patterns over the names of groups, people and robots.

A pattern matches a whole name, folded, never a part. Its variables capture pieces of it; `{username}` is
compared with the name of whoever asks.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import re2

from app import dn
from app.errors import UnfitError
from app.rules.patterns.expression import Expression, expressions, shared
from app.rules.patterns.syntax import (
    NO_VARIABLES,
    USERNAME,
    WILDCARDS,
    Captures,
    Token,
    TokenKind,
    cut,
    is_plain,
)

_PARSED = 1024
"""Patterns that are kept parsed: rules that stand together are often for the same names."""
_PIECE = r"[a-z0-9._-]+"


@dataclass(frozen=True, slots=True)
class Beginning:
    """Names that begin alike, up to a length."""

    length: int

    def of(self, name: str) -> str:
        """Return the beginning of a name."""
        return name[: self.length]


@dataclass(frozen=True, slots=True)
class End:
    """Names that end alike, from a length of one or more on."""

    length: int

    def of(self, name: str) -> str:
        """Return the end of a name."""
        return name[-self.length :]


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A pattern over the folded names of groups, people or robots; its variables capture pieces of them.

    Attributes:
        text: As written.
        key: The folded name where it is a plain one; None where it is a pattern.
        variables: What it captures; `username` is compared, not captured.
        longest: The longest text that every name has which it matches, folded.
        expression: That of a pattern that is the same for everybody; None of any other.
        personal: Makes that of one that has the name of whoever asks in it.
    """

    text: str
    tokens: tuple[Token, ...]
    key: str | None
    variables: frozenset[str]
    longest: str
    expression: Expression | None = field(compare=False, repr=False)
    personal: Callable[[str], Expression] = field(compare=False, repr=False)

    @staticmethod
    @functools.lru_cache(maxsize=_PARSED)
    def parse(text: str) -> NamePattern:
        """Read a pattern.

        Raises:
            UnfitError: It is none.
        """
        tokens = cut(" ".join(text.split()))
        if is_plain(tokens):
            key = dn.fold(text)
            return NamePattern(text, tokens, key, NO_VARIABLES, key, None, shared)
        if any(token.kind is TokenKind.DEEP for token in tokens):
            raise UnfitError(f"{text!r} has '**', which is for repositories", "write '*'")
        captured = [
            token.value for token in tokens if token.kind is TokenKind.VARIABLE and token.value != USERNAME
        ]
        if len(captured) != len(set(captured)):
            raise UnfitError(f"{text!r} captures one variable twice", "name the second one differently")
        own = any(token == Token(TokenKind.VARIABLE, USERNAME) for token in tokens)
        expression = None if own else shared(_source(tokens, ""))
        personal = expressions() if own else shared
        texts = (dn.fold_case(token.value) for token in tokens if token.kind is TokenKind.TEXT)
        longest = max(texts, key=len, default="")
        return NamePattern(text, tokens, None, frozenset(captured), longest, expression, personal)

    @property
    def is_personal(self) -> bool:
        """Whether it compares something with the name of whoever asks."""
        return self.key is None and self.expression is None

    def match(self, name: str, username: str) -> Captures | None:
        """Match a folded name; None where it does not match."""
        if self.key is not None:
            return () if name == self.key else None
        if self.longest not in name:  # far cheaper, where thousands of patterns are tried
            return None
        expression = self.expression or self.personal(_source(self.tokens, username))
        found = expression.match(name)
        return tuple(sorted(found.groupdict().items())) if found else None

    @property
    def shape(self) -> tuple[Beginning | End, str]:
        """Return what every name that it matches begins or ends with; the empty beginning is nothing."""
        ends = self.tokens[0], self.tokens[-1]
        first, last = (dn.fold_case(token.value) if token.kind is TokenKind.TEXT else "" for token in ends)
        return (End(len(last)), last) if last and not first else (Beginning(len(first)), first)


def _source(tokens: Iterable[Token], username: str) -> str:
    pieces = []
    for token in tokens:
        if token.kind is not TokenKind.VARIABLE:
            pieces.append(WILDCARDS.get(token.kind) or re2.escape(dn.fold_case(token.value)))
        elif token.value == USERNAME:
            pieces.append(re2.escape(username))
        else:
            pieces.append(f"(?P<{token.value}>{_PIECE})")
    return "".join(pieces)
