"""The conditions of rules, compared with each other and put into words, and the requests they tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, collapse_addresses
from itertools import product

from app.rules.model import Conditions, Context, Network, in_networks

Attributes = tuple[tuple[str, frozenset[str]], ...]


def canonical(when: Conditions, now: datetime) -> Conditions | None:
    """Give conditions so that those which mean the same are equal; None where they never hold from now on."""
    start = when.start if when.start is not None and when.start > now else None
    if when.end is not None and when.end <= (start or now):
        return None
    attributes = tuple(sorted(set(when.attributes), key=lambda one: (one[0], sorted(one[1]))))
    return replace(when, networks=collapsed(when.networks), start=start, attributes=attributes)


def collapsed(networks: Iterable[Network]) -> tuple[Network, ...]:
    """Give the fewest networks that have the same addresses, in order."""
    networks = set(networks)
    four = collapse_addresses(one for one in networks if isinstance(one, IPv4Network))
    six = collapse_addresses(one for one in networks if isinstance(one, IPv6Network))
    return (*four, *six)


def implies(narrow: Conditions, wide: Conditions) -> bool:
    """Tell whether conditions hold wherever narrower ones do; both are canonical."""
    if wide.services and not (narrow.services and narrow.services <= wide.services):
        return False
    if wide.networks and not (
        narrow.networks
        and all(any(_lies_in(one, other) for other in wide.networks) for one in narrow.networks)
    ):
        return False
    if wide.start is not None and (narrow.start is None or narrow.start < wide.start):
        return False
    if wide.end is not None and (narrow.end is None or narrow.end > wide.end):
        return False
    return accepts(narrow.attributes, wide.attributes)


def accepts(narrow: Attributes, wide: Attributes) -> bool:
    """Tell whether whoever has the attributes of narrower conditions has those of others."""
    return all(any(known == name and had <= values for known, had in narrow) for name, values in wide)


def _lies_in(one: Network, other: Network) -> bool:
    if isinstance(one, IPv4Network):
        return isinstance(other, IPv4Network) and one.subnet_of(other)
    return isinstance(other, IPv6Network) and one.subnet_of(other)


def holds(when: Conditions, context: Context, attributes: Attributes) -> bool:
    """Tell whether conditions hold for a request; of the attributes the accepted values are known."""
    if when.services and context.service not in when.services:
        return False
    if when.networks and not in_networks(context.address, when.networks):
        return False
    return _holds_at(when, context.now) and accepts(attributes, when.attributes)


def _holds_at(when: Conditions, now: datetime) -> bool:
    return (when.start is None or when.start <= now) and (when.end is None or now < when.end)


def words(when: Conditions) -> tuple[str, ...]:
    """Put conditions into words, one each."""
    said = []
    if when.services:
        said.append(f"service {_either(sorted(when.services))}")
    if when.networks:
        said.append(f"from {_either(map(str, when.networks))}")
    if when.start is not None:
        said.append(f"not before {moment(when.start)}")
    if when.end is not None:
        said.append(f"before {moment(when.end)}")
    said += [f"{name} is {_either(sorted(values))}" for name, values in when.attributes]
    return tuple(said)


def moment(time: datetime) -> str:
    """Give a time (aware, UTC) as rules files have it."""
    return time.isoformat().replace("+00:00", "Z")


def _either(texts: Iterable[str]) -> str:
    return " or ".join(texts)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What conditions tell apart: for each kind of condition, one example of each class of requests.

    Attributes:
        services: The empty one stands for all that no rule names.
        addresses: Likewise.
        moments: Now, and whenever a condition begins or ends to hold.
    """

    services: tuple[str, ...]
    addresses: tuple[str, ...]
    moments: tuple[datetime, ...]

    @classmethod
    def of(cls, conditions: Iterable[Conditions], now: datetime) -> Circumstances:
        """Find what some conditions tell apart from now on."""
        services, networks, moments = set[str](), set[Network](), {now}
        for when in conditions:
            services |= when.services
            networks.update(when.networks)
            moments.update(time for time in (when.start, when.end) if time is not None and time > now)
        return cls(("", *sorted(services)), ("", *_one_of_each(networks)), tuple(sorted(moments)))

    def contexts(self, conditions: Iterable[Conditions] = ()) -> Iterator[Context]:
        """Give one request of each class in which all of some conditions hold, but for attributes."""
        services, addresses, moments = self.services, self.addresses, self.moments
        for when in conditions:  # one kind after the other: there may be a million classes
            services = tuple(one for one in services if not when.services or one in when.services)
            addresses = tuple(
                one for one in addresses if not when.networks or in_networks(one, when.networks)
            )
            moments = tuple(one for one in moments if _holds_at(when, one))
        for service, address, time in product(services, addresses, moments):
            yield Context(service, address, time)

    def words(self, context: Context) -> tuple[str, ...]:
        """Put into words what of a request it is that conditions tell apart."""
        said = []
        if len(self.services) > 1:
            said.append(f"service {context.service or '(any other)'}")
        if len(self.addresses) > 1:
            said.append(f"from {context.address or '(anywhere else)'}")
        if context.now != self.moments[0]:
            said.append(f"at {moment(context.now)}")
        return tuple(said)


def _one_of_each(networks: set[Network]) -> Iterator[str]:
    """Give one address of each network that is in no smaller one of them, where there is such an address."""
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
            yield str(type(network.network_address)(candidate))
