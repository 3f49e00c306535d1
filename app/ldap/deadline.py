"""How long something may take, all in all."""

from __future__ import annotations

import time
from datetime import timedelta

from app.errors import DirectoryUnavailable


class Deadline:
    """A moment by which an operation must have ended."""

    def __init__(self, allowed: timedelta) -> None:
        self._end = time.monotonic() + allowed.total_seconds()

    def remaining(self) -> float:
        """Give the seconds that are left.

        Raises:
            DirectoryUnavailable: None are.
        """
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise DirectoryUnavailable("the directory did not answer in time")
        return seconds

    def within(self, allowed: timedelta) -> Deadline:
        """Give a deadline for a part: after `allowed`, but not after this one."""
        part = Deadline(allowed)
        part._end = min(part._end, self._end)
        return part
