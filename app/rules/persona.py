"""Subjects and groups that no directory has: the rules file, a command line or an audit line names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.dn import DN, fold, parse


@dataclass(frozen=True, slots=True)
class NamedGroup:
    """A group that the rules file names rather than a directory."""

    name: str
    dn: DN | None = None
    ambiguous: bool = False

    @classmethod
    def parse(cls, text: str) -> NamedGroup:
        """Read a name, or a DN, whose first value is the name.

        Raises:
            ValueError: It is neither.
        """
        if "=" in text:
            name = parse(text)
            return cls(name.rdns[0][0][1], name)
        if not text.strip():
            raise ValueError("a group's name cannot be empty")
        return cls(fold(text))


@dataclass(frozen=True, slots=True)
class Persona:
    """A subject that the rules file describes rather than a directory: a robot, or a test's person.

    Attributes:
        others: The values of every attribute that is not named; None where these are not known.
    """

    name: str
    id: str = field(default="", init=False)
    groups: tuple[NamedGroup, ...] = ()
    is_robot: bool = False
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    others: tuple[()] | None = ()

    @property
    def group_names(self) -> tuple[str, ...]:
        """The names of the groups."""
        return tuple(group.name for group in self.groups)

    @property
    def group_dns(self) -> tuple[str, ...]:
        """The DN of each group, written; empty where it has none."""
        return tuple(group.dn.written if group.dn is not None else "" for group in self.groups)

    def values(self, attribute: str) -> Sequence[str] | None:
        """Return the values of an attribute."""
        return self.attributes.get(attribute, self.others)
