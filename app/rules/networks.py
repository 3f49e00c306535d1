"""The networks from which a rule holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    collapse_addresses,
    ip_address,
    ip_network,
)

from app.rules.conditions import Condition, Context, HasAttributes, Holds, answer, either
from app.rules.decision import Lack

IPNetwork = IPv4Network | IPv6Network
_EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_PARSED = 4096
"""Addresses that are kept parsed: one request asks many rules about its own."""


@dataclass(frozen=True, slots=True)
class Network(Condition):
    """The request comes from one of some networks."""

    lack = Lack.NETWORK

    networks: tuple[IPNetwork, ...]

    def check(self, subject: HasAttributes | None, context: Context) -> Holds:
        """Look for the address in the networks."""
        del subject
        return self.contain(context.address)

    def contain(self, address: str) -> Holds:
        """Whether an address lies in one of them; of a text that is no address that is not known."""
        parsed = _address(address)
        if parsed is None:
            return Holds.UNKNOWN
        return answer(any(parsed in network for network in self.networks))

    def implies(self, other: Condition) -> bool:
        """Whether each network lies in one of the other's; both have been collapsed."""
        return isinstance(other, Network) and all(
            any(_lies_in(one, wider) for wider in other.networks) for one in self.networks
        )

    def normal(self, now: datetime) -> Network:
        """Collapse the networks."""
        del now
        return Network(self.collapsed)

    @property
    def collapsed(self) -> tuple[IPNetwork, ...]:
        """The fewest networks that have the same addresses, in order."""
        networks = set(self.networks)
        four = collapse_addresses(one for one in networks if isinstance(one, IPv4Network))
        six = collapse_addresses(one for one in networks if isinstance(one, IPv6Network))
        return (*four, *six)

    def words(self) -> tuple[str, ...]:
        """Name the networks."""
        return (f"from {either(map(str, self.networks))}",)

    def want(self, context: Context) -> str:
        """Name the address and the networks."""
        address = context.address or "of the client, which is not known,"
        return f"the address {address} is not in {either(map(str, self.networks))}"

    @staticmethod
    def examples(conditions: Iterable[Condition]) -> tuple[str, ...]:
        """Return an address for each set of networks in which one can lie.

        The first stands for all that are in none. Where every address is in one, it is the empty text, the
        unknown address: elsewhere no right depends on it that does not also depend on another example.
        """
        named = {net for one in conditions if isinstance(one, Network) for net in one.networks}
        found = dict(_one_of_each(named.union(_EVERYWHERE)))
        outside = (found[whole] for whole in _EVERYWHERE if whole in found and whole not in named)
        return (next(outside, ""), *(address for network, address in found.items() if network in named))


@lru_cache(maxsize=_PARSED)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Parse an address, also an IPv4 one that a dual-stack socket wrote as IPv6; None where it is none."""
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _lies_in(one: IPNetwork, other: IPNetwork) -> bool:
    if isinstance(one, IPv4Network):
        return isinstance(other, IPv4Network) and one.subnet_of(other)
    return isinstance(other, IPv6Network) and one.subnet_of(other)


def _one_of_each(networks: Iterable[IPNetwork]) -> Iterator[tuple[IPNetwork, str]]:
    """Return an address of each network that is in no smaller one of them, where there is such an address."""
    # each stands before those within it, which follow it without a gap
    ordered = sorted(networks, key=lambda one: (one.version, int(one.network_address), one.prefixlen))
    for index, network in enumerate(ordered):
        candidate, last = int(network.network_address), int(network.broadcast_address)
        for at in range(index + 1, len(ordered)):
            one = ordered[at]
            if candidate > last or not _lies_in(one, network) or candidate < int(one.network_address):
                break
            candidate = max(candidate, int(one.broadcast_address) + 1)
        if candidate <= last:
            yield network, str(type(network.network_address)(candidate))
