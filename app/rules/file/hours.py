"""The text of `when.hours`: days, spans of time and a time zone: `Mon-Fri 08:00-18:00 Europe/Berlin`."""

from __future__ import annotations

import difflib
import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from app.errors import UnfitError
from app.rules.hours import DAY, DAYS, Hours, Span, merged

_DAY = f"(?:{'|'.join(DAYS)})"
_RANGE = f"{_DAY}(?:-{_DAY})?"
_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_SPAN = f"{_TIME}-(?:{_TIME}|24:00)"
_SPANS = f"(?:{_RANGE}(?:, ?{_RANGE})* )?{_SPAN}"
HOURS = f"{_SPANS}(?:, ?{_SPANS})* (?:UTC|[A-Z][A-Za-z]*/[A-Za-z0-9/_+-]+)"
_EXAMPLE = "write them as in Mon-Fri 08:00-18:00 Europe/Berlin"
_PLACE = "end with the name of a place, such as Europe/Berlin, or with UTC"
_END = "24:00"


def hours(text: str) -> Hours:
    """Read hours.

    A span whose end is not after its start ends on the day after. Spans without days are of the days before
    them; where there are none, of every day.

    Raises:
        UnfitError: They are none.
    """
    *words, place = re.split(r"[ ,]+", text)
    spans: list[Span] = []
    days: list[int] = []
    is_complete = True
    for word in words:
        if ":" in word:
            start, end = _span(word)
            spans += [(day * DAY + start, day * DAY + end) for day in days or range(len(DAYS))]
            is_complete = True
        else:
            days = [*(() if is_complete else days), *_days(word)]
            is_complete = False
    if ":" in place or re.fullmatch(_RANGE, place):
        raise UnfitError(f"{text!r} says no time zone", _PLACE)
    if not is_complete:
        raise UnfitError(
            f"{text!r} has days without hours", "write 00:00-24:00 behind them for the whole day"
        )
    zone = _zone(place) if spans else None
    if zone is None or not re.fullmatch(HOURS, text):
        raise UnfitError(f"{text!r} is no hours", _EXAMPLE)
    return Hours(merged(spans), place, zone, text)


def _days(word: str) -> list[int]:
    """Read a day, or the first and the last of several.

    Raises:
        UnfitError: It is none.
    """
    first, dash, last = word.partition("-")
    for name in (first, last) if dash else (first,):
        if name not in DAYS:
            near = next((day for day in DAYS if name[:3].lower() == day.lower()), "")
            raise UnfitError(f"{name!r} is no day", f"write {near}" if near else f"write {', '.join(DAYS)}")
    start = DAYS.index(first)
    count = (DAYS.index(last) - start) % len(DAYS) if dash else 0
    return [(start + number) % len(DAYS) for number in range(count + 1)]


def _span(word: str) -> Span:
    """Read a start and an end, in minutes from the beginning of the day.

    Raises:
        UnfitError: They are none.
    """
    start, _, end = word.partition("-")
    for each, known in ((start, _TIME), (end, f"{_TIME}|{_END}")):
        if not re.fullmatch(known, each):
            hint = "write 00:00" if each == _END else f"write 08:00-18:00, from 00:00 to {_END}"
            raise UnfitError(f"{word!r} has {each!r}, which is no time of the day", hint)
    if start == end:
        raise UnfitError(f"{word!r} ends as it begins", "write 00:00-24:00 for the whole day")
    first, after = _minutes(start), _minutes(end)
    return first, after if after > first else after + DAY


def _minutes(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def _zone(name: str) -> ZoneInfo:
    """Find a time zone.

    Raises:
        UnfitError: There is none of this name, or it is a name of the computer's own.
    """
    if name != "UTC" and "/" not in name:
        raise UnfitError(f"{name!r} is no time zone", _PLACE)
    if not name.startswith(("posix/", "right/")):
        try:
            return ZoneInfo(name)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            pass  # there may be one that is written nearly so
    near = difflib.get_close_matches(name, available_timezones(), n=1)
    raise UnfitError(f"there is no time zone {name!r}", f"did you mean {near[0]}?" if near else _PLACE)
