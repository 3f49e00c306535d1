"""What an entry says of repositories, or of the catalog, and how such parts lie to each other."""

from __future__ import annotations

from dataclasses import dataclass

from app.migrate.docker_auth.entry import AclEntry
from app.migrate.docker_auth.overlap import all_within, any_overlap
from app.migrate.docker_auth.who import Accounts
from app.rules.networks import IPNetwork


@dataclass(frozen=True, slots=True)
class EntryPart:
    """What an entry says of repositories, or of the catalog.

    Attributes:
        names: Patterns of what it is about.
        networks: Where requests come from; empty for anywhere.
        services: Which registries they are for; empty for all.
        gives: The actions.
    """

    entry: AclEntry
    who: Accounts
    names: tuple[str, ...]
    networks: tuple[IPNetwork, ...]
    services: tuple[str, ...]
    gives: frozenset[str]

    def meets(self, other: EntryPart) -> bool:
        """Whether both may match one request; "yes" may be wrong, "no" never is."""
        return (
            self.who.meets(other.who)
            and any_overlap(self.names, other.names)
            and (not self.services or not other.services or bool(set(self.services) & set(other.services)))
            and _meet(self.networks, other.networks)
        )

    def within(self, wider: EntryPart) -> bool:
        """Whether another part matches every request that this one matches; "yes" is never wrong."""
        return self.who.within(wider.who) and self.about_within(wider)

    def about_within(self, wider: EntryPart) -> bool:
        """Whether another part is about all that this one is about, whoever asks; "yes" is never wrong."""
        return (
            all_within(self.names, wider.names)
            and (not wider.services or (bool(self.services) and {*self.services} <= {*wider.services}))
            and (not wider.networks or _within(self.networks, wider.networks))
        )


def _meet(ones: tuple[IPNetwork, ...], others: tuple[IPNetwork, ...]) -> bool:
    if not ones or not others:
        return True
    return any(one.version == other.version and one.overlaps(other) for one in ones for other in others)


def _within(ones: tuple[IPNetwork, ...], wider: tuple[IPNetwork, ...]) -> bool:
    return bool(ones) and all(any(_lies(one, other) for other in wider) for one in ones)


def _lies(one: IPNetwork, other: IPNetwork) -> bool:
    return one.version == other.version and one.overlaps(other) and one.prefixlen >= other.prefixlen
