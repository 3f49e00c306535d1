"""Times and groups as they stand in a rules file."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import dn
from app.errors import UnfitError
from app.rules.file.values import named_group, parse_time
from app.rules.persona import NamedGroup


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-12-31", "2026-12-31T00:00:00", "2027-01-01T00:00:00"),
        ("2024-02-29", "2024-02-29T00:00:00", "2024-03-01T00:00:00"),
        ("2026-12-31T18:00:00Z", "2026-12-31T18:00:00", "2026-12-31T18:00:00"),
        ("2026-12-31t18:00:00z", "2026-12-31T18:00:00", "2026-12-31T18:00:00"),
        ("2026-12-31T18:00:00+02:00", "2026-12-31T16:00:00", "2026-12-31T16:00:00"),
        ("2026-12-31T18:00:00.5-00:30", "2026-12-31T18:30:00.500000", "2026-12-31T18:30:00.500000"),
        ("9999-12-31", "9999-12-31T00:00:00", "9999-12-31T23:59:59.999999"),
    ],
)
def test_times(text: str, start: str, end: str) -> None:
    """A date is its whole day in UTC; an RFC 3339 time is a moment; the calendar's last day is for ever."""
    for end_of_day, expected in ((False, start), (True, end)):
        assert parse_time(text, end_of_day=end_of_day) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2026-13-01",
        "2026-02-29",
        "20261231",
        "2026-W01-1",
        "2026-12-31T18:00Z",
        "2026-12-31 18:00:00Z",
        "2026-12-31T24:00:00Z",
        "2026-12-31T18:00:60Z",
        "2026-12-31T18:00:00+0200",
        "2026-12-31\n",
        " 2026-12-31",
        "\u0662026-12-31",
        "0000-01-01",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_no_times(text: str) -> None:
    """Anything else is an error, what lies beyond the calendar included."""
    with pytest.raises(UnfitError, match=r"is no date or time|is in no calendar"):
        parse_time(text, end_of_day=True)


def test_a_time_without_its_zone() -> None:
    """A time of the day means nothing without a zone."""
    with pytest.raises(UnfitError, match="says no time zone"):
        parse_time("2026-12-31T18:00:00", end_of_day=True)


@settings(max_examples=100, deadline=None)
@given(st.datetimes() | st.text("0123456789-:TZ+.", max_size=30))
def test_any_time_is_aware_or_an_error(text: object) -> None:
    """What is read is in UTC; nothing else comes of any text."""
    for written in (str(text), f"{text}Z".replace(" ", "T")):
        try:
            moment = parse_time(written, end_of_day=True)
        except UnfitError:
            continue
        assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("Team-Web", NamedGroup("team-web")),
        ("  data   leads ", NamedGroup("data leads")),
        ("CN=Web,OU=Teams,DC=x", NamedGroup("web", dn.parse("cn=web,ou=teams,dc=x"))),
    ],
)
def test_named_groups(text: str, group: NamedGroup) -> None:
    """A group of the file is a name or a DN; a DN has its first value as its name."""
    assert named_group(text) == group


@pytest.mark.parametrize("text", ["", " ", "cn=a,", "=a"])
def test_no_named_groups(text: str) -> None:
    """A group without a name, or a broken DN, is none."""
    with pytest.raises(UnfitError, match="is no group"):
        named_group(text)
