"""The requests that the conditions of rules tell apart: one example of each class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

from app.rules.conditions import Conditions, Context, Holds, Network, Service, moment
from app.rules.decision import Lack

_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What conditions tell apart: of each thing that they look at, one example of each class of requests.

    Attributes:
        services: The first stands for all that no rule names.
        addresses: Likewise; empty where every address is in a network, and stands for those not known.
        moments: Now, and whenever a condition begins or ends to hold.
    """

    services: tuple[str, ...]
    addresses: tuple[str, ...]
    moments: tuple[datetime, ...]

    @classmethod
    def of(cls, conditions: Iterable[Conditions], now: datetime) -> Circumstances:
        """Find what some conditions tell apart from now on."""
        each = {one for when in conditions for one in when}
        edges = {edge for one in each for edge in one.changes(now, _LAST)}
        return cls(Service.examples(each), Network.examples(each), (now, *sorted(edges)))

    def contexts(self, conditions: Iterable[Conditions] = ()) -> Iterator[Context]:
        """Return one request of each class in which all of some conditions hold, but for attributes."""
        needed = [one for when in conditions for one in when]

        def meets(lack: Lack, context: Context) -> bool:
            return all(one.check(None, context) is Holds.YES for one in needed if one.lack is lack)

        # of one thing after the other: there may be a million classes
        now = self.moments[0]
        services = [one for one in self.services if meets(Lack.SERVICE, Context(one, "", now))]
        addresses = [one for one in self.addresses if meets(Lack.NETWORK, Context("", one, now))]
        moments = [one for one in self.moments if meets(Lack.TIME, Context("", "", one))]
        for service, address, time in product(services, addresses, moments):
            yield Context(service, address, time)

    def words(self, context: Context) -> tuple[str, ...]:
        """Put into words what of a request it is that conditions tell apart."""
        said = []
        if len(self.services) > 1:
            said.append(f"service {context.service}")
        if len(self.addresses) > 1:
            elsewhere = "(anywhere else)" if context.address else "(an unknown address)"
            said.append(f"from {context.address if context.address != self.addresses[0] else elsewhere}")
        if context.now != self.moments[0]:
            said.append(f"at {moment(context.now)}")
        return tuple(said)
