"""Stops asking a dependency that keeps failing, and finds out when it works again."""

from __future__ import annotations

import threading
from datetime import timedelta


class Breaker:
    """Opens after some failures in a row; after a pause one caller at a time may try the dependency.

    Moments are those of a monotonic clock, in seconds.
    """

    def __init__(self, *, failures: int, pause: timedelta, trial: timedelta) -> None:
        """Make a closed breaker.

        Args:
            failures: How many failures in a row open it.
            pause: How long nobody is admitted after the failure that opened it, or after a failed trial.
            trial: How long a trial may take. After that another caller is admitted, even where the first has
                recorded nothing.
        """
        self._failures_to_open = failures
        self._pause, self._trial = pause.total_seconds(), trial.total_seconds()
        self._lock = threading.Lock()
        self._failures = 0
        self._admits_from = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the dependency has failed too often in a row, and has not worked since."""
        return self._failures >= self._failures_to_open

    def admits(self, now: float) -> bool:
        """Whether the caller may use the dependency. A caller that is admitted must record how that ended."""
        with self._lock:
            if not self.is_open:
                return True
            if now < self._admits_from:
                return False
            self._admits_from = now + self._trial
            return True

    def record(self, *, worked: bool, now: float) -> bool:
        """Record how one use ended; return whether the breaker opened or closed by it."""
        if worked and not self._failures:
            return False  # nearly every use: a lock for each would cost more than it is worth
        with self._lock:
            was_open = self.is_open
            self._failures = 0 if worked else self._failures + 1
            if self.is_open:
                self._admits_from = now + self._pause
            return was_open is not self.is_open
