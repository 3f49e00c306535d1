"""The requests that the conditions of rules tell apart: one example of each class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import groupby, product
from operator import itemgetter

from app.rules.conditions import Condition, Conditions, Context, Holds, Service, moment
from app.rules.decision import Lack
from app.rules.networks import Network

_LAST = datetime.max.replace(tzinfo=UTC)
_ROUND = timedelta(weeks=53)
"""In how long what recurs has been together in every way: in a year all clocks were put on and back."""


@dataclass(frozen=True, slots=True)
class RequestClasses:
    """What conditions tell apart: of each thing that they look at, one example of each class of requests.

    Attributes:
        services: The first stands for all that no rule names.
        addresses: Likewise; empty where every address is in a network, and stands for those not known.
        spans: Of each span of time in which no condition begins or ends for good: its first moment, which is
            now or when one does, and a moment for each further set of conditions that recur.
    """

    services: tuple[str, ...]
    addresses: tuple[str, ...]
    spans: tuple[tuple[datetime, ...], ...]

    @classmethod
    def of(cls, conditions: Iterable[Conditions], now: datetime) -> RequestClasses:
        """Find what some conditions tell apart from now on."""
        each = {one for when in conditions for one in when}
        recurring = [one for one in each if one.recurs]
        edges = sorted({edge for one in each if not one.recurs for edge in one.changes(now, _LAST)})
        spans = zip([now, *edges], [*edges, _LAST], strict=True)
        return cls(
            Service.examples(each),
            Network.examples(each),
            tuple(tuple(_moments(recurring, start, end)) for start, end in spans),
        )

    @property
    def moments(self) -> tuple[datetime, ...]:
        """Those of all spans, from now on."""
        return tuple(moment for span in self.spans for moment in span)

    def contexts(self, conditions: Iterable[Conditions] = ()) -> Iterator[Context]:
        """Return one request of each class in which all of some conditions hold, but for attributes."""
        needed = [one for when in conditions for one in when]

        def meets(lack: Lack, context: Context) -> bool:
            return all(one.check(None, context) is Holds.YES for one in needed if one.lack is lack)

        # of one thing after the other: there may be a million classes
        now = self.spans[0][0]
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
        if context.now != self.spans[0][0]:
            said.append(f"at {moment(context.now)}")
        return tuple(said)


def _moments(recurring: Sequence[Condition], start: datetime, end: datetime) -> Iterator[datetime]:
    """Return the first moment of a span, and the first for each further set of conditions that hold."""
    yield start
    if not recurring or start >= _LAST - _ROUND:
        return
    end = min(end, start + _ROUND)
    held = sum(
        1 << n for n, one in enumerate(recurring) if one.check(None, Context("", "", start)) is Holds.YES
    )
    seen = {held}
    changes = merge(*([(at, 1 << n) for at in one.changes(start, end)] for n, one in enumerate(recurring)))
    for at, changed in groupby(changes, key=itemgetter(0)):
        for _, bit in changed:
            held ^= bit
        if held not in seen:
            seen.add(held)
            yield at
