"""How long an operation may take as a whole, whatever it waits for."""

from __future__ import annotations

import time
from datetime import timedelta

from app.errors import DirectoryUnavailable


class Deadline:
    """A moment by which an operation must have ended."""

    def __init__(self, allowed: timedelta) -> None:
        self._end = time.monotonic() + allowed.total_seconds()

    def remaining(self) -> float:
        """Return the seconds that are left.

        Raises:
            DirectoryUnavailable: There are none.
        """
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise DirectoryUnavailable("the directory did not answer in time")
        return seconds

    def within(self, allowed: timedelta) -> Deadline:
        """Return a deadline for a part of the operation: after `allowed`, but never after this one."""
        part = Deadline(allowed)
        part._end = min(part._end, self._end)
        return part
