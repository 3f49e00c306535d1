"""What the names that one pattern matches have in common, so that an index finds the pattern by a name."""

from __future__ import annotations

from dataclasses import dataclass

from app import dn


@dataclass(frozen=True, slots=True)
class Beginning:
    """Names that begin alike, up to a length."""

    length: int

    def of(self, name: str) -> str:
        """Give the beginning of a name."""
        return name[: self.length]


@dataclass(frozen=True, slots=True)
class End:
    """Names that end alike, from a length of one or more on."""

    length: int

    def of(self, name: str) -> str:
        """Give the end of a name."""
        return name[-self.length :]


@dataclass(frozen=True, slots=True)
class Written:
    """DNs of one length that have the same RDNs at some places, counted from the entry."""

    length: int
    places: tuple[int, ...]

    def of(self, name: dn.DN) -> tuple[tuple[dn.Attribute, ...], ...] | None:
        """Give these RDNs; None for a DN of another length."""
        return tuple(name.rdns[place] for place in self.places) if len(name.rdns) == self.length else None
