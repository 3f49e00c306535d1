"""The text of `when.hours`."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator

import pytest

from app.errors import UnfitError
from app.rules.conditions import Conditions
from app.rules.file.hours import HOURS, hours
from app.rules.hours import DAY
from tests.unit.rules.given import one_rule


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Mon 08:00-18:00 UTC", [(0, 480, 1080)]),
        ("Mon-Wed 08:00-18:00 Europe/Berlin", [(0, 480, 1080), (1, 480, 1080), (2, 480, 1080)]),
        ("Sun-Mon 08:00-09:00 UTC", [(0, 480, 540), (6, 480, 540)]),
        ("Mon, Wed 08:00-09:00 UTC", [(0, 480, 540), (2, 480, 540)]),
        ("Mon,Wed 08:00-09:00,10:00-11:00 UTC", [(0, 480, 540), (0, 600, 660), (2, 480, 540), (2, 600, 660)]),
        ("Mon 08:00-09:00, Tue 10:00-11:00 UTC", [(0, 480, 540), (1, 600, 660)]),
        ("Mon 08:00-10:00, 09:00-11:00 UTC", [(0, 480, 660)]),
        ("Mon 22:00-06:00 America/Port-au-Prince", [(0, 1320, DAY + 360)]),
        ("Mon 18:00-24:00 Etc/GMT-5", [(0, 1080, DAY)]),
    ],
)
def test_hours(text: str, spans: list[tuple[int, int, int]]) -> None:
    """Days, spans of time and a zone; spans without days are of those before them."""
    assert hours(text).spans == tuple((day * DAY + start, day * DAY + end) for day, start, end in spans)
    assert re.fullmatch(HOURS, text)
    rules = one_rule("everyone: true", "repositories: [x]", when=f"hours: '{text}'")
    assert rules.rules[0].when == Conditions((hours(text),))


def test_hours_without_days_are_of_every_day() -> None:
    """As they are without `when`."""
    assert hours("08:00-18:00 UTC") == hours("Mon-Sun 08:00-18:00 UTC")


@pytest.mark.parametrize(
    ("text", "fault", "hint"),
    [
        ("Mon-Fri 08:00-18:00", "'Mon-Fri 08:00-18:00' says no time zone", "Europe/Berlin, or with UTC"),
        ("08:00-18:00, Mon-Fri", "'08:00-18:00, Mon-Fri' says no time zone", "Europe/Berlin, or with UTC"),
        ("08:00-18:00 CET", "'CET' is no time zone", "the name of a place"),
        ("08:00-18:00 localtime", "'localtime' is no time zone", "the name of a place"),
        ("08:00-18:00 Europe/Berln", "there is no time zone 'Europe/Berln'", "did you mean Europe/Berlin?"),
        ("08:00-18:00 europe/berlin", "there is no time zone", "did you mean Europe/Berlin?"),
        ("08:00-18:00 right/Europe/Berlin", "there is no time zone", "did you mean Europe/Berlin?"),
        ("08:00-18:00 ../../etc/passwd", "there is no time zone", "the name of a place"),
        ("08:00-18:00 Europe/", "there is no time zone", "did you mean"),
        ("Monday 08:00-18:00 UTC", "'Monday' is no day", "write Mon"),
        ("mon-Fri 08:00-18:00 UTC", "'mon' is no day", "write Mon"),
        ("workdays 08:00-18:00 UTC", "'workdays' is no day", "write Mon, Tue, Wed, Thu, Fri, Sat, Sun"),
        ("Mon- 08:00-18:00 UTC", "'' is no day", "write Mon, Tue"),
        ("Mon 8:00-18:00 UTC", "'8:00-18:00' has '8:00', which is no time", "write 08:00-18:00"),
        ("Mon 08:00-25:00 UTC", "'08:00-25:00' has '25:00', which is no time", "from 00:00 to 24:00"),
        ("Mon 08:60-18:00 UTC", "'08:60-18:00' has '08:60', which is no time", "write 08:00-18:00"),
        ("Mon 24:00-06:00 UTC", "'24:00-06:00' has '24:00', which is no time", "write 00:00"),
        ("Mon 08:00 UTC", "'08:00' has '', which is no time", "write 08:00-18:00"),
        ("Mon 08:00-08:00 UTC", "'08:00-08:00' ends as it begins", "write 00:00-24:00 for the whole day"),
        ("Mon UTC", "'Mon UTC' has days without hours", "write 00:00-24:00"),
        ("08:00-18:00, Mon UTC", "'08:00-18:00, Mon UTC' has days without hours", "write 00:00-24:00"),
        ("UTC", "'UTC' is no hours", "write them as in Mon-Fri"),
        ("Mon Wed 08:00-18:00 UTC", "'Mon Wed 08:00-18:00 UTC' is no hours", "write them as in Mon-Fri"),
        ("Mon  08:00-18:00 UTC", "'Mon  08:00-18:00 UTC' is no hours", "write them as in Mon-Fri"),
        ("Mon 08:00-18:00 08:00-18:00 UTC", "is no hours", "write them as in Mon-Fri"),
        ("Mon 08:00-18:00, UTC", "is no hours", "write them as in Mon-Fri"),
        ("", "'' is no hours", "write them as in Mon-Fri"),
    ],
)
def test_wrong_hours(text: str, fault: str, hint: str) -> None:
    """Each says what is wrong and what to write instead; a whole file says it at its place."""
    with pytest.raises(UnfitError) as caught:
        hours(text)
    assert fault in caught.value.text
    assert hint in caught.value.hint


@pytest.fixture
def no_time_zones() -> Iterator[None]:
    """Take away the time zones of the system."""
    zoneinfo.reset_tzpath(())
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache()


@pytest.mark.usefixtures("no_time_zones")
def test_a_system_without_time_zones() -> None:
    """A slim image has none; they come with a library then."""
    assert hours("08:00-18:00 Europe/Berlin").zone_name == "Europe/Berlin"
