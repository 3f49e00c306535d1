"""The syntax of patterns: text, wildcards and variables, and what they are in RE2."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from typing import NamedTuple

from app.errors import UnfitError

USERNAME = "username"
"""The variable that every rule has: the subject's own name."""
MAX_LENGTH = 512
"""Characters of a pattern: above this RE2 may refuse what the variables of a pattern make of it."""
_SIGN = re.compile(r"(\*\*|\*|\?|\{[^{}]*\})")
_VARIABLE = re.compile(r"[a-z][a-z0-9_]*")
NO_VARIABLES: frozenset[str] = frozenset()


class TokenKind(enum.StrEnum):
    """What a piece of a pattern matches."""

    TEXT = enum.auto()  # itself
    VARIABLE = enum.auto()  # what it stands for
    ONE = enum.auto()  # `?`: one character but /
    RUN = enum.auto()  # `*`: one or more of them
    DEEP = enum.auto()  # `**`: one or more components
    PIECE = enum.auto()  # what a variable of a name can capture; nobody writes it


class Token(NamedTuple):
    """One piece of a pattern.

    Attributes:
        value: The variable's name or the literal text; empty otherwise.
    """

    kind: TokenKind
    value: str


_SIGNS = {"**": Token(TokenKind.DEEP, ""), "*": Token(TokenKind.RUN, ""), "?": Token(TokenKind.ONE, "")}
WILDCARDS = {TokenKind.DEEP: r"[^/]+(?:/[^/]+)*", TokenKind.RUN: r"[^/]+", TokenKind.ONE: r"[^/]"}
"""By kind of token, the expression of RE2 for it."""
Captures = tuple[tuple[str, str], ...]
"""What the variables of a rule stand for: (variable, text) pairs, sorted."""


def cut(pattern: str) -> tuple[Token, ...]:
    """Cut a pattern; what stands between two signs is one piece of text.

    Raises:
        UnfitError: It is empty or too long, or a variable in it is none.
    """
    if not pattern.strip():
        raise UnfitError("a pattern cannot be empty")
    if len(pattern) > MAX_LENGTH:
        raise UnfitError(f"a pattern has {MAX_LENGTH} characters at the most")
    tokens = []
    for index, piece in enumerate(_SIGN.split(pattern)):
        if index % 2:
            tokens.append(_SIGNS.get(piece) or _variable(piece))
        elif "{" in piece or "}" in piece:
            raise UnfitError(f"{pattern!r} has a brace without its partner", "write {name} for a variable")
        elif piece:
            tokens.append(Token(TokenKind.TEXT, piece))
    return tuple(tokens)


def _variable(sign: str) -> Token:
    name = sign[1:-1]
    if not _VARIABLE.fullmatch(name):
        raise UnfitError(f"{sign} is no variable", "a variable is a small letter, then a-z 0-9 _")
    return Token(TokenKind.VARIABLE, name)


def likeliest_name(pattern: str) -> str:
    """Return the shortest name that a pattern may match; where that is no legal name, it matches none.

    A digit for each sign is what every neighbour goes with: separators stand between letters and digits, and
    a port has digits alone.
    """
    return _SIGN.sub("0", pattern)


def is_plain(tokens: tuple[Token, ...]) -> bool:
    """Whether a pattern is nothing but text."""
    return len(tokens) == 1 and tokens[0].kind is TokenKind.TEXT


def variables(tokens: Iterable[Token]) -> frozenset[str]:
    """Return the names of the variables."""
    found = [token.value for token in tokens if token.kind is TokenKind.VARIABLE]
    return frozenset(found) if found else NO_VARIABLES
