"""What the patterns of an ACL are made of, and how that is said in rules.

There `*` may be empty; here it may not. There are no empty components in a repository's name. So `foo*` is
`foo` or `foo*`, and `foo/*` is just that.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from app.errors import UnfitError
from app.protocol.scope import is_repository

_WILD = re.compile(r"[*?{]")
MOST = 64
"""Patterns that one is turned into at the most."""


class AclPieceKind(enum.Enum):
    """What a piece matches."""

    TEXT = enum.auto()
    VARIABLE = enum.auto()  # one of the entry's own: ${account}, ${labels:…}
    ONE = enum.auto()  # one character but /
    RUN = enum.auto()  # any number of those
    DEEP = enum.auto()  # any number of any characters


@dataclass(frozen=True, slots=True)
class AclPiece:
    """One piece.

    Attributes:
        text: Of a text what it is, of a variable its name; empty otherwise.
        least: The fewest characters that a run has: 0 or 1.
    """

    kind: AclPieceKind
    text: str = ""
    least: int = 0


def as_patterns(pieces: Sequence[AclPiece], *, of_names: bool = False) -> tuple[str, ...]:
    """Return the patterns of rules that together match the same.

    Args:
        pieces: What the pattern is made of.
        of_names: Whether it is about names of accounts or groups, which have no slashes, rather than of
            repositories.

    Raises:
        UnfitError: There are none, or too many.
    """
    choices = [tuple(_choices(piece, pieces, at, of_names=of_names)) for at, piece in enumerate(pieces)]
    count = 1
    for each in choices:
        count *= len(each)
    if count > MOST * 4:
        raise UnfitError("it has too many parts that may be empty", "write several simpler entries")
    found = dict.fromkeys("".join(each) for each in product(*choices))
    legal = tuple(each for each in found if each and (of_names or _can_be(each)))
    if not legal:
        raise UnfitError("it matches no name that there can be", "take the entry out")
    if len(legal) > MOST:
        raise UnfitError("it would become too many patterns", "write several simpler entries")
    return legal


def _can_be(pattern: str) -> bool:
    """Whether there can be a repository with such a name, as far as that is seen at once."""
    if "" in pattern.split("/"):
        return False
    return bool(_WILD.search(pattern)) or is_repository(pattern)


def _choices(piece: AclPiece, pieces: Sequence[AclPiece], at: int, *, of_names: bool) -> Iterator[str]:
    match piece.kind:
        case AclPieceKind.TEXT:
            if set(piece.text) & set("*?{}"):
                raise UnfitError(f"{piece.text!r} stands in no name", "take the entry out")
            yield piece.text
        case AclPieceKind.VARIABLE:
            yield f"{{{piece.text}}}"
        case AclPieceKind.ONE:
            yield "?"
        case AclPieceKind.RUN:
            yield from _run(piece)
        case AclPieceKind.DEEP:
            yield from _run(piece) if of_names else _deep(piece, pieces, at)


def _run(piece: AclPiece) -> Iterator[str]:
    if not piece.least:
        yield ""
    yield "*"


def _deep(piece: AclPiece, pieces: Sequence[AclPiece], at: int) -> Iterator[str]:
    """Spell out what may cross slashes: here `**` stands for whole components."""
    after, before = _ends(pieces[:at]), _begins(pieces[at + 1 :])
    first, last = at == 0, at == len(pieces) - 1
    if not (first or last) and not (after and before):
        text = "`.*` in the middle of a name stands for parts of components"
        raise UnfitError(text, "put slashes around it, or write several entries")
    if not piece.least:
        yield ""
    if after and before:
        yield "**"
    elif after:
        yield from ("*", "**/*", "**/")
    else:
        yield from ("*", "*/**", "/**")


def _ends(pieces: Sequence[AclPiece]) -> bool:
    """Whether a component ends before this."""
    return not pieces or (pieces[-1].kind is AclPieceKind.TEXT and pieces[-1].text.endswith("/"))


def _begins(pieces: Sequence[AclPiece]) -> bool:
    """Whether a component begins after this."""
    return not pieces or (pieces[0].kind is AclPieceKind.TEXT and pieces[0].text.startswith("/"))


def joined(pieces: Iterable[AclPiece]) -> tuple[AclPiece, ...]:
    """Put texts beside each other together, and runs too."""
    found: list[AclPiece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if last is not None and last.kind is piece.kind is AclPieceKind.TEXT:
            found[-1] = AclPiece(AclPieceKind.TEXT, last.text + piece.text)
        elif (
            last is not None
            and last.kind is piece.kind
            and piece.kind in (AclPieceKind.RUN, AclPieceKind.DEEP)
        ):
            if last.least and piece.least:
                raise UnfitError("two runs that are not empty stand beside each other", "write one")
            found[-1] = AclPiece(piece.kind, least=max(last.least, piece.least))
        else:
            found.append(piece)
    return tuple(found)
