"""Who somebody is: the result of a successful login."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.dn import DN


@dataclass(frozen=True, slots=True)
class Group:
    """One group that a subject is in.

    Attributes:
        name: The folded value of the directory's group-name attribute.
        dn: Its DN.
        found: How it was found: `direct`, or `through NAME` where another group leads to it. A login does not
            find that out for each group; then it says `nested`, or the strategy (`by tokenGroups`).
        ambiguous: Whether its name proves no membership: another group of the subject has the same name, or
            the group cannot be read and `groups.filter` might exclude it.
    """

    name: str
    dn: DN
    found: str = "direct"
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class DirectorySubject:
    """A person of the directory.

    Attributes:
        name: The canonical name: the entry's subject attribute, NFC and in lower case.
        id: The entry's immutable id; empty where the directory has none.
        dn: In the server's spelling.
        attributes: The further attributes that the configuration names, by their names in lower case.
        mail: An address; empty where the entry has none.
        display_name: The name that people read; empty where the entry has none.
        group_names: The names of the groups.
        group_dns: Their DNs, written.
    """

    name: str
    id: str
    dn: str
    groups: tuple[Group, ...]
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    mail: str = ""
    display_name: str = ""
    is_robot: bool = field(default=False, init=False)
    group_names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    group_dns: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Write once what the record of each request says of the groups."""
        object.__setattr__(self, "group_names", tuple(group.name for group in self.groups))
        object.__setattr__(self, "group_dns", tuple(group.dn.written for group in self.groups))

    def values(self, attribute: str) -> Sequence[str] | None:
        """Return the values of an attribute (in lower case); None where it was not read."""
        return self.attributes.get(attribute)
