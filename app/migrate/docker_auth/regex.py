"""A part of regular expressions: what people mostly write, and nothing that is only nearly the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

from app.errors import UnfitError
from app.migrate.docker_auth.glob import variable_at
from app.migrate.docker_auth.pattern import MOST, AclPiece, AclPieceKind, joined

Branch = tuple[AclPiece, ...]

_PLAIN = re.compile(r"[A-Za-z0-9_/:@ ,=-]")
_RUN = re.compile(r"\[\^/\]([*+])")
_ANCHORS = "put ^ before it and $ behind it"
_DEEP = (".*", ".+")


def is_regex(text: str) -> bool:
    """Whether docker_auth reads a pattern as a regular expression."""
    return len(text) > 2 and text[0] == text[-1] == "/"  # noqa: PLR2004 - as it counts


def matches_all(text: str) -> bool:
    """Whether a pattern matches every text, the empty one too."""
    return text in ("/.*/", "/^.*$/", "/^.*/", "/.*$/")


def matches_any(text: str) -> bool:
    """Whether a pattern matches every text but the empty one; such need no anchors."""
    return text in ("/.+/", "/./", "/^.+$/", "/^.+/", "/.+$/", "/^./", "/.$/")


def branches(
    text: str,
    variables: Mapping[str, str],
    captured: Mapping[int, str] = MappingProxyType({}),
    *,
    of_names: bool = False,
) -> tuple[Branch, ...]:
    """Take an expression apart into alternatives without any choice.

    Args:
        text: As it stands there, slashes included.
        variables: What stands for a variable, by how it is written there.
        captured: What stands for a group of the expression, by its number.
        of_names: Whether it is about names of accounts or groups, which have no slashes.

    Raises:
        UnfitError: It has a part that rules cannot say, or is not anchored.
    """
    reader = _Reader(_anchored(text[1:-1]), variables, captured, of_names)
    found = reader.alternatives(depth=0)
    if reader.at < len(reader.text):
        raise UnfitError("a ) has no partner", "close every bracket that is opened")
    if missing := sorted(captured.keys() - set(range(1, reader.groups + 1))):
        raise UnfitError(f"there is no group {missing[0]} in the account's expression", "count its brackets")
    return tuple(joined(branch) for branch in found)


def _anchored(inner: str) -> str:
    """Return what stands between the anchors; where `.*` or `.+` begins or ends, none is needed there."""
    begins, ends = inner.startswith("^"), inner.endswith("$") and not inner.endswith("\\$")
    if not (begins or inner.startswith(_DEEP)) or not (ends or inner.endswith(_DEEP)):
        raise UnfitError("it is not anchored, and so matches any name that has such a part", _ANCHORS)
    return inner[begins : len(inner) - ends]


@dataclass(slots=True)
class _Reader:
    """Reads from left to right."""

    text: str
    variables: Mapping[str, str]
    captured: Mapping[int, str]
    of_names: bool
    at: int = 0
    groups: int = 0

    def alternatives(self, depth: int) -> list[Branch]:
        """Read up to the bracket that closes, or the end."""
        found = [self._sequence(depth)]
        while self._peek() == "|":
            if depth == 0:
                text = "of ^a|b$, ^ belongs to a alone and $ to b alone"
                raise UnfitError(text, "put brackets around the alternatives: ^(a|b)$")
            self.at += 1
            found.append(self._sequence(depth))
        return [branch for choice in found for branch in choice]

    def _sequence(self, depth: int) -> list[Branch]:
        found: list[Branch] = [()]
        while self._peek() not in ("", "|", ")"):
            following = self._group(depth) if self._peek() == "(" else [(self._piece(),)]
            found = [(*before, *after) for before, after in product(found, following)]
            if len(found) > MOST:
                raise UnfitError("it has too many alternatives", "write several simpler entries")
        return found

    def _group(self, depth: int) -> list[Branch]:
        plain = self.text.startswith("(?:", self.at)
        self.at += 3 if plain else 1
        self.groups += not plain
        number = 0 if plain else self.groups
        found = self.alternatives(depth + 1)
        if self._peek() != ")":
            raise UnfitError("a ( has no partner", "close every bracket that is opened")
        self.at += 1
        self._refuse_repetition()
        return [self._capture(number, found)] if number in self.captured else found

    def _capture(self, number: int, found: list[Branch]) -> Branch:
        """Return what stands for a group that the name refers to."""
        if len(found) != 1 or len(found[0]) != 1 or not found[0][0].least:
            text = f"group {number} of the account, which stands in the name, is more than (.+)"
            raise UnfitError(text, "write (.+) or ([^/]+), or an entry for each account")
        return (AclPiece(AclPieceKind.VARIABLE, self.captured[number]),)

    def _piece(self) -> AclPiece:
        variable = variable_at(self.text, self.at, self.variables)
        if variable is not None:
            self.at += len(variable)
            self._refuse_repetition()
            return AclPiece(AclPieceKind.VARIABLE, self.variables[variable])
        if found := _RUN.match(self.text, self.at):
            self.at = found.end()
            self._refuse_repetition()
            return AclPiece(AclPieceKind.RUN, least=int(found[1] == "+"))
        sign = self.text[self.at]
        self.at += 1
        if sign == ".":
            return self._dot()
        if sign == "\\" and (escaped := self._peek()) and not escaped.isalnum():
            self.at += 1
            self._refuse_repetition()
            return AclPiece(AclPieceKind.TEXT, escaped)
        if not _PLAIN.fullmatch(sign):
            text = f"{sign!r} of a regular expression cannot be said in rules"
            raise UnfitError(text, "use plain text, .*, .+, [^/]+ and (a|b)")
        self._refuse_repetition()
        return AclPiece(AclPieceKind.TEXT, sign)

    def _dot(self) -> AclPiece:
        quantity = self._peek()
        if self.of_names and (not quantity or quantity not in "*+?{"):
            return AclPiece(AclPieceKind.ONE)
        if not quantity or quantity not in "*+":
            raise UnfitError("a single . is any character, the slash too", r"write \. for a dot")
        self.at += 1
        self._refuse_repetition()
        return AclPiece(AclPieceKind.DEEP, least=int(quantity == "+"))

    def _refuse_repetition(self) -> None:
        if self._peek() and self._peek() in "*+?{":
            raise UnfitError("a repetition of something cannot be said in rules", "only .*, .+ and [^/]+ can")

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]
