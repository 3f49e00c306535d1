"""What the order of entries means, said without an order.

The first entry that matches a request decides it. Let A be what an entry gives. Rules that allow add up, so
what a later entry gives beyond A to a request that both match has to be denied: that is D. A deny wins over
every allow, so D must be nothing that an earlier entry gives to a request that both match. If that holds for
all pairs, then for every request, with its first entry k: what is allowed is at least A of k; what later
entries give beyond that is in D of k; and no D of a later entry takes anything of A of k away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.errors import UnfitError
from app.migrate.docker_auth.entry import AclEntry
from app.migrate.docker_auth.overlap import all_within, any_overlap
from app.migrate.docker_auth.who import AccountKind, Accounts
from app.protocol.scope import Action
from app.rules.networks import IPNetwork


@dataclass(frozen=True, slots=True)
class EntryPart:
    """What an entry says of repositories, or of the catalog.

    Attributes:
        names: Patterns of what it is about.
        gives: The actions.
        denies: What later entries would give beyond that, to requests that this one decides.
    """

    entry: AclEntry
    who: Accounts
    names: tuple[str, ...]
    networks: tuple[IPNetwork, ...]
    services: tuple[str, ...]
    gives: frozenset[str]
    denies: frozenset[str] = frozenset()

    def meets(self, other: EntryPart) -> bool:
        """Whether both may match one request; "yes" may be wrong, "no" never is."""
        return (
            self.who.meets(other.who)
            and any_overlap(self.names, other.names)
            and (not self.services or not other.services or bool(set(self.services) & set(other.services)))
            and _meet(self.networks, other.networks)
        )

    def within(self, earlier: EntryPart) -> bool:
        """Whether an earlier entry decides every request that this one matches."""
        return (
            self.who.within(earlier.who)
            and all_within(self.names, earlier.names)
            and (not earlier.services or (bool(self.services) and {*self.services} <= {*earlier.services}))
            and (not earlier.networks or _within(self.networks, earlier.networks))
        )


def reached(parts: Sequence[EntryPart]) -> tuple[list[EntryPart], dict[int, int]]:
    """Leave out the parts that are never reached.

    Returns:
        The others, and for the number of each entry that was left out that of the entry which decides first.
    """
    kept: list[EntryPart] = []
    decided: dict[int, int] = {}
    for part in parts:
        first = next((each for each in kept if part.within(each)), None)
        if first is None:
            kept.append(part)
        else:
            decided[part.entry.number] = first.entry.number
    return kept, decided


def settle(parts: Sequence[EntryPart], at: int) -> EntryPart:
    """Say what one part has to deny.

    Args:
        parts: All parts about the same type, in the order of their entries.
        at: Which one.

    Raises:
        UnfitError: Its meaning hangs on the order.
    """
    part = parts[at]
    later = [each for each in parts[at + 1 :] if part.meets(each)]
    denies = frozenset[str]().union(*(each.gives - part.gives for each in later))
    if Action.PULL in denies:
        denies |= {str(Action.PUSH)}  # as denying pull does
    if part.who.kind is AccountKind.ANONYMOUS:
        _check_anonymous(part, denies, parts)
    for earlier in parts[:at]:
        taken = earlier.gives & denies
        if taken and earlier.meets(part):
            giver = next(each.entry.number for each in later if each.gives - part.gives)
            raise UnfitError(
                f"it stands between entry {earlier.entry.number}, which gives {_listed(taken)}, and entry "
                f"{giver}, from which it keeps that back; a deny would keep back what entry "
                f"{earlier.entry.number} gives as well",
                f"narrow entry {giver} so that it gives no more than is meant, and take this one out",
            )
    return replace(part, denies=denies)


def _check_anonymous(part: EntryPart, denies: frozenset[str], parts: Sequence[EntryPart]) -> None:
    """Refuse what would be given to, or kept from, people who are signed in."""
    hint = "write the entry for everyone (without account), or give the same to account /.+/ too"
    if denies:
        text = f"it keeps {_listed(denies)} from those without a login alone, which rules cannot say"
        raise UnfitError(text, "give later entries an account, /.+/ for everybody who is signed in")
    same = (
        each
        for each in parts
        if each.who.kind is AccountKind.SIGNED_IN
        and (each.names, each.networks, each.services) == (part.names, part.networks, part.services)
    )
    if part.gives and not any(part.gives <= each.gives for each in same):
        raise UnfitError("it is for those without a login alone, and rules' `everyone` is not", hint)


def _meet(ones: tuple[IPNetwork, ...], others: tuple[IPNetwork, ...]) -> bool:
    if not ones or not others:
        return True
    return any(one.version == other.version and one.overlaps(other) for one in ones for other in others)


def _within(ones: tuple[IPNetwork, ...], wider: tuple[IPNetwork, ...]) -> bool:
    return bool(ones) and all(any(_lies(one, other) for other in wider) for one in ones)


def _lies(one: IPNetwork, other: IPNetwork) -> bool:
    return one.version == other.version and one.overlaps(other) and one.prefixlen >= other.prefixlen


def _listed(actions: frozenset[str]) -> str:
    return ", ".join(sorted(actions))
