"""When to be told of what ends: a certificate, a rule or a robot."""

from __future__ import annotations

from datetime import datetime, timedelta

NOTICE = timedelta(days=30)
"""For how long before its end somebody is told."""


def last_day(end: datetime) -> str:
    """Return the date of the last moment before an end."""
    return f"{end - timedelta(microseconds=1):%Y-%m-%d}"


def ends_soon(end: datetime, now: datetime) -> bool:
    """Whether something ends within the notice, or has ended."""
    return end - now <= NOTICE
