"""The hours of the week in which a rule holds, by the clock on the wall.

What a clock in the time zone shows is all that counts. So where clocks are put forward, the hour that they
leave out is in no span; where they are put back, the hour that they show twice is twice in the same spans.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from app.rules.conditions import Condition, Context, HasAttributes, Holds
from app.rules.decision import Lack

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY = 24 * 60
WEEK = 7 * DAY
_MINUTE = timedelta(minutes=1)

Span = tuple[int, int]
"""The first minute of the week, counted from the beginning of Monday, and the first one after."""


@dataclass(frozen=True, slots=True)
class Hours(Condition):
    """The request is made in some spans of the week.

    Attributes:
        spans: In order, and apart from each other.
        zone_name: As the IANA has it: `Europe/Berlin`.
        zone: The same.
        text: As written, with the zone.
    """

    lack = Lack.TIME
    recurs = True

    spans: tuple[Span, ...]
    zone_name: str
    zone: tzinfo = field(compare=False, repr=False)
    text: str = field(compare=False)

    def check(self, subject: HasAttributes | None, context: Context) -> Holds:
        """Look at the clock on the wall."""
        del subject
        minute = _minute(self._wall(context.now))
        return Holds.YES if any(start <= minute < end for start, end in self.spans) else Holds.NO

    def implies(self, other: Condition) -> bool:
        """Whether each span lies in one of the other's; zones that differ are not compared."""
        return (
            isinstance(other, Hours)
            and self.zone_name == other.zone_name
            and all(any(a <= start and end <= b for a, b in other.spans) for start, end in self.spans)
        )

    def normal(self, now: datetime) -> Hours | None:
        """Leave out what is the whole week."""
        del now
        return self if self.spans != ((0, WEEK),) else None

    def words(self) -> tuple[str, ...]:
        """Repeat what was written."""
        return (f"within {self.text}",)

    def want(self, context: Context) -> str:
        """Repeat what was written, and name what the clock shows."""
        wall = self._wall(context.now)
        return f"it holds within {self.text}, and there it is {DAYS[wall.weekday()]} {wall:%H:%M}"

    def changes(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Return these moments; both lie some weeks apart at most, and not in the calendar's last year."""
        held = self.check(None, Context("", "", start))
        for moment in sorted({one for one in self._may_change(start, end) if start < one < end}):
            holds = self.check(None, Context("", "", moment))
            if holds is not held:
                yield moment
            held = holds

    def _may_change(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Return the moments of some days at which a span begins or ends, or the clock is put on or back."""
        edges = {edge for span in self.spans for edge in span}
        day, last = self._wall(start).date(), self._wall(end).date()
        while day <= last:
            monday = day.weekday() * DAY
            midnight = self._moment(day, 0)
            for edge in edges:
                if 0 <= edge - monday <= DAY:
                    yield self._moment(day, edge - monday)
                    yield self._moment(day, edge - monday, fold=1)
            day += timedelta(days=1)
            yield from self._shift(midnight, self._moment(day, 0))

    def _moment(self, day: date, minute: int, *, fold: int = 0) -> datetime:
        """Return the moment of a minute of a day; of one that the clock shows twice, by `fold`, either."""
        wall = datetime.combine(day, time(), self.zone) + timedelta(minutes=minute)
        return _in_zone(wall.replace(fold=fold), UTC)

    def _shift(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Find the minute at which the clock is put on or back in a day; most have none, and none has two."""
        offset = self._wall(start).utcoffset()
        if self._wall(end).utcoffset() == offset:
            return
        while end - start > _MINUTE:
            middle = start + (end - start) // _MINUTE // 2 * _MINUTE
            if self._wall(middle).utcoffset() == offset:
                start = middle
            else:
                end = middle
        yield end

    def _wall(self, moment: datetime) -> datetime:
        return _in_zone(moment, self.zone)


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Put spans in order, those that meet into one; one that goes on past the week begins it, too."""
    cut = [part for start, end in spans for part in ((start, min(end, WEEK)), (0, end - WEEK))]
    found: list[Span] = []
    for start, end in sorted((start, end) for start, end in cut if start < end):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


def _in_zone(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:  # so near the end of the calendar that no clock could show it
        return moment.replace(tzinfo=zone)


def _minute(wall: datetime) -> int:
    return wall.weekday() * DAY + wall.hour * 60 + wall.minute
