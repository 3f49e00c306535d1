"""The hours of the week, by the clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.rules.conditions import Context, Holds, Period
from app.rules.file.hours import hours
from app.rules.hours import DAY, WEEK, Hours, merged
from tests.spec import rules as reference
from tests.support.work import lines_run
from tests.unit.rules.given import NOW
from tests.unit.rules.strategies import HOURS


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _holds(text: str, moment: datetime) -> bool:
    return hours(text).check(None, Context("", "", moment)) is Holds.YES


@pytest.mark.parametrize(
    ("text", "moment", "holds"),
    [
        ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-01-30T07:59:59+01:00", False),
        ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-01-30T08:00:00+01:00", True),
        ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-01-30T17:59:59.999+01:00", True),
        ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-01-30T18:00:00+01:00", False),
        ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-01-31T12:00:00+01:00", False),
        ("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-07-31T08:00:00+02:00", True),
        ("Mon-Fri 08:00-18:00 America/New_York", "2026-01-30T08:00:00+01:00", False),
        ("Mon-Fri 08:00-18:00 Asia/Kathmandu", "2026-01-30T08:00:00+05:45", True),
        ("08:00-18:00 UTC", "2026-01-31T08:00:00Z", True),
        ("Sat-Mon 08:00-18:00 UTC", "2026-02-01T12:00:00Z", True),
        ("Sat-Mon 08:00-18:00 UTC", "2026-02-03T12:00:00Z", False),
        ("Mon, Wed 08:00-18:00 UTC", "2026-02-04T12:00:00Z", True),
        ("Mon, Wed 08:00-18:00 UTC", "2026-02-03T12:00:00Z", False),
        ("Mon 08:00-12:00, 13:00-18:00, Tue 10:00-11:00 UTC", "2026-02-02T12:30:00Z", False),
        ("Mon 08:00-12:00, 13:00-18:00, Tue 10:00-11:00 UTC", "2026-02-02T17:00:00Z", True),
        ("Mon 08:00-12:00, 13:00-18:00, Tue 10:00-11:00 UTC", "2026-02-03T17:00:00Z", False),
        ("Mon 08:00-12:00, 13:00-18:00, Tue 10:00-11:00 UTC", "2026-02-03T10:00:00Z", True),
        # past midnight: the day is that of the start
        ("Fri 22:00-06:00 UTC", "2026-01-30T05:00:00Z", False),
        ("Fri 22:00-06:00 UTC", "2026-01-31T05:59:00Z", True),
        ("Sun 22:00-06:00 UTC", "2026-02-02T05:59:00Z", True),
        ("Sun 22:00-06:00 UTC", "2026-02-02T06:00:00Z", False),
        ("Sun 22:00-24:00 UTC", "2026-02-02T00:00:00Z", False),
        ("Sat 00:00-24:00 UTC", "2026-01-31T23:59:59Z", True),
        # clocks are put forward from 02:00 to 03:00
        ("Sun 02:15-02:45 Europe/Berlin", "2026-03-29T00:59:59Z", False),
        ("Sun 02:15-02:45 Europe/Berlin", "2026-03-29T01:00:00Z", False),
        ("Sun 02:30-04:00 Europe/Berlin", "2026-03-29T00:59:59Z", False),
        ("Sun 02:30-04:00 Europe/Berlin", "2026-03-29T01:00:00Z", True),
        ("Sun 01:00-02:30 Europe/Berlin", "2026-03-29T00:59:59Z", True),
        ("Sun 01:00-02:30 Europe/Berlin", "2026-03-29T01:00:00Z", False),
        # and put back from 03:00 to 02:00
        ("Sun 02:15-02:45 Europe/Berlin", "2026-10-25T00:30:00Z", True),
        ("Sun 02:15-02:45 Europe/Berlin", "2026-10-25T00:50:00Z", False),
        ("Sun 02:15-02:45 Europe/Berlin", "2026-10-25T01:30:00Z", True),
        ("Sun 02:30-05:00 Europe/Berlin", "2026-10-25T00:45:00Z", True),
        ("Sun 02:30-05:00 Europe/Berlin", "2026-10-25T01:15:00Z", False),
        ("Sun 02:30-05:00 Europe/Berlin", "2026-10-25T01:30:00Z", True),
    ],
)
def test_hours_hold_by_the_clock_on_the_wall(text: str, moment: str, holds: bool) -> None:
    """Whatever day it is elsewhere; a start is part of them, an end is not."""
    assert _holds(text, _at(moment)) is holds


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Pacific/Kiritimati"])
def test_the_ends_of_the_calendar(zone: str, moment: datetime) -> None:
    """A time that no clock could show is no error."""
    made = hours(f"00:00-24:00 {zone}")
    assert made.check(None, Context("", "", moment)) is Holds.YES
    if moment.year == 1:
        assert len(list(hours(f"08:00-18:00 {zone}").changes(moment, moment + timedelta(days=2)))) in (3, 4)


_SHIFTS = ["2026-03-28", "2026-10-24", "2026-03-07", "2026-10-31", "2018-11-03", "2018-02-17", "2026-04-04"]
_STARTS = st.sampled_from(_SHIFTS).map(lambda day: _at(f"{day}T00:00:00Z")) | st.datetimes(
    datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001 - they get one
).map(lambda moment: moment.replace(second=0, microsecond=0))  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(HOURS, _STARTS)
def test_what_changes_is_told_and_nothing_else(made: Hours, start: datetime) -> None:
    """Minute by minute over three days, those in which clocks are put on or back among them."""
    minutes = [start + timedelta(minutes=number) for number in range(3 * DAY)]
    held = [made.check(None, Context("", "", minute)) for minute in minutes]
    changed = [minutes[n + 1] for n, (before, after) in enumerate(pairwise(held)) if before is not after]
    assert list(made.changes(start, minutes[-1] + timedelta(minutes=1))) == changed


@settings(max_examples=300)
@given(HOURS, _STARTS, st.integers(0, 2 * DAY))
def test_hours_mean_what_the_reference_says(made: Hours, start: datetime, minutes: int) -> None:
    """Read and looked at by other means."""
    moment = start + timedelta(minutes=minutes)
    assert _holds(made.text, moment) is reference._is_in_hours(made.text, moment)


@given(HOURS, HOURS, _STARTS)
def test_hours_that_imply_others_hold_nowhere_else(one: Hours, other: Hours, moment: datetime) -> None:
    """Those of other zones are not compared."""
    context = Context("", "", moment)
    assert one.implies(one)
    if one.implies(other) and one.check(None, context) is Holds.YES:
        assert other.check(None, context) is Holds.YES
    assert one.zone_name == other.zone_name or not one.implies(other)


def test_hours_within_others() -> None:
    """Every span of the first lies in one of the second."""
    work, lunch = hours("Mon-Fri 08:00-18:00 UTC"), hours("Mon, Fri 12:00-13:00 UTC")
    assert lunch.implies(work)
    assert not work.implies(lunch)
    assert not lunch.implies(Period())
    assert not hours("Sat 12:00-13:00 UTC").implies(work)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), max_size=5))
def test_spans_that_meet_are_one(parts: list[tuple[int, int]]) -> None:
    """In order and apart, with the same minutes in them; past the end of the week comes its beginning."""
    spans = [((WEEK - 30 + start) % WEEK, (WEEK - 30 + start) % WEEK + length) for start, length in parts]
    found = merged(spans)
    assert all(end < start for (_, end), (start, _) in pairwise(found))
    assert all(0 <= start < end <= WEEK for start, end in found)
    inside = {minute % WEEK for start, end in spans for minute in range(start, end)}
    assert {minute for start, end in found for minute in range(start, end)} == inside


def test_the_whole_week_is_no_condition() -> None:
    """Hours that always hold are left out of the normal form."""
    assert hours("Mon-Thu 00:00-24:00, Fri-Sun 00:00-24:00 UTC").normal(NOW) is None
    work = hours("Mon-Fri 08:00-18:00 UTC")
    assert work.normal(NOW) is work
    assert work == hours("Mon-Wed 08:00-18:00, Tue-Fri 08:00-18:00 UTC")
    assert work != hours("Mon-Fri 08:00-18:00 Europe/Berlin")


def test_hours_in_words() -> None:
    """As they are written, and what the clock shows instead."""
    made = hours("Mon-Fri 08:00-18:00 Europe/Berlin")
    assert made.words() == ("within Mon-Fri 08:00-18:00 Europe/Berlin",)
    want = "it holds within Mon-Fri 08:00-18:00 Europe/Berlin, and there it is Sat 13:00"
    assert made.want(Context("", "", NOW)) == want


def test_a_year_is_looked_through_at_once() -> None:
    """The changes of a year cost a look at each, not at each minute."""
    made = hours("Mon-Fri 08:00-18:00 Europe/Berlin")
    found = list(made.changes(NOW, NOW + timedelta(weeks=52)))
    assert len(found) == 520
    assert lines_run(lambda: list(made.changes(NOW, NOW + timedelta(weeks=52)))) < 50_000


@pytest.mark.parametrize(
    ("text", "days", "expected"),
    [
        ("Mon-Fri 08:00-18:00 Europe/Berlin", ("2026-03-27", "2026-03-31"), "27T07 27T17 30T06 30T16"),
        ("Sun 00:00-24:00 Europe/Berlin", ("2026-03-27", "2026-03-31"), "28T23 29T22"),
        ("Sun 01:00-02:30 Europe/Berlin", ("2026-03-27", "2026-03-31"), "29T00 29T01"),
        (
            "Sun 02:15-02:45 Europe/Berlin",
            ("2026-10-24", "2026-10-26"),
            "25T00:15 25T00:45 25T01:15 25T01:45",
        ),
        ("Sun 02:30-05:00 Europe/Berlin", ("2026-10-24", "2026-10-26"), "25T00:30 25T01 25T01:30 25T04"),
    ],
)
def test_when_hours_change(text: str, days: tuple[str, str], expected: str) -> None:
    """In UTC: where spans begin and end, also on the days when clocks are put on and back."""
    first, last = (_at(f"{day}T00:00:00+00:00") for day in days)
    found = hours(text).changes(first, last)
    assert " ".join(f"{one:%dT%H:%M}".removesuffix(":00") for one in found) == expected
