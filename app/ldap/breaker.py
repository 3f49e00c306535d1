"""Spares a server that fails, and finds out when it works again."""

from __future__ import annotations

import threading
from datetime import timedelta

_FAILURES_TO_OPEN = 3
_OPEN_FOR = timedelta(seconds=10).total_seconds()


class Breaker:
    """Leaves a server alone for ten seconds after three failures in a row; then one caller tries it.

    While that one has not come back, everybody else goes on leaving the server alone. Moments are those of a
    monotonic clock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_again = 0.0
        self._probed_until = 0.0

    def is_open(self) -> bool:
        """Tell whether the server has failed three times, and not worked since."""
        return self._failures >= _FAILURES_TO_OPEN

    def admits(self, now: float, patience: float) -> bool:
        """Tell whether the caller may try the server; it then has to note how that ended.

        Args:
            now: This moment.
            patience: In seconds: when another caller may try although this one has noted nothing.
        """
        with self._lock:
            if not self.is_open():
                return True
            if now < max(self._closed_again, self._probed_until):
                return False
            self._probed_until = now + patience
            return True

    def note(self, *, worked: bool, now: float) -> bool:
        """Take note of how something ended; gives whether the server is now left alone, or no longer is."""
        if worked and not self._failures:
            return False  # nearly always; a lock for each operation would cost more than it says
        with self._lock:
            was_open = self.is_open()
            self._failures = 0 if worked else self._failures + 1
            self._probed_until = 0.0
            if self.is_open():
                self._closed_again = now + _OPEN_FOR
            return was_open is not self.is_open()
