"""When to be told of what ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.expiry import ends_soon

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(("days", "soon"), [(-1, True), (0, True), (30, True), (31, False)])
def test_what_ends_within_thirty_days_ends_soon(days: int, *, soon: bool) -> None:
    """So does what has ended."""
    assert ends_soon(NOW + timedelta(days=days), NOW) == soon
