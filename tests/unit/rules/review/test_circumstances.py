"""The requests that conditions tell apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from app.rules.conditions import Condition, Conditions, Holds, Period, Service, moment
from app.rules.file.hours import hours
from app.rules.networks import Network
from app.rules.review.circumstances import RequestClasses
from tests.support.work import lines_run
from tests.unit.rules.given import NOW


def _moments(*conditions: Condition) -> list[str]:
    apart = RequestClasses.of([Conditions((one,)) for one in conditions], NOW)
    return [moment(one) for one in apart.moments]


def test_hours_that_come_again_are_tried_in_and_out_of_them() -> None:
    """In each span of time in which no other condition begins or ends."""
    work = hours("Mon-Fri 08:00-18:00 Europe/Berlin")
    assert _moments(work) == ["2026-01-31T12:00:00Z", "2026-02-02T07:00:00Z"]
    later = datetime(2026, 2, 2, 12, tzinfo=UTC)
    assert _moments(work, Period(start=later)) == [
        "2026-01-31T12:00:00Z", "2026-02-02T07:00:00Z", "2026-02-02T12:00:00Z", "2026-02-02T17:00:00Z"
    ]  # fmt: skip
    sunday = datetime(2026, 2, 1, tzinfo=UTC)
    assert _moments(work, Period(end=sunday))[:2] == ["2026-01-31T12:00:00Z", "2026-02-01T00:00:00Z"]


def test_hours_that_meet_on_some_days_of_the_year_alone() -> None:
    """Clocks are put on earlier in New York than in Berlin: for three weeks both are at once."""
    one, other = hours("Mon 13:00-14:00 Europe/Berlin"), hours("Mon 08:00-09:00 America/New_York")
    assert _moments(one, other) == [
        "2026-01-31T12:00:00Z", "2026-02-02T12:00:00Z", "2026-02-02T13:00:00Z", "2026-03-09T12:00:00Z"
    ]  # fmt: skip


@pytest.mark.parametrize("end", [datetime(9999, 6, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_hours_at_the_end_of_the_calendar(end: datetime) -> None:
    """They are no error."""
    assert len(_moments(hours("Mon 13:00-14:00 Europe/Berlin"), Period(end=end))) >= 2


def test_a_million_classes_are_not_listed_for_one() -> None:
    """Whoever asks for the requests of one service and one network gets them without a look at all others."""
    many = [
        Conditions(
            (
                Service(frozenset([f"s{number}"])),
                Network((ip_network((number << 16, 16)),)),
                Period(end=NOW + timedelta(days=number + 1)),
            )
        )
        for number in range(200)
    ]
    apart = RequestClasses.of(many, NOW)
    found = list(apart.contexts([many[7]]))
    assert len(found) == 8
    assert all(many[7].check(None, one) is Holds.YES for one in found)
    assert lines_run(lambda: list(apart.contexts([many[7]]))) < 20_000
