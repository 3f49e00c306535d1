"""Refusals take as long as each other, so that nobody can tell by the time which names exist."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import timedelta

_JITTER = 0.2


class Floor:
    """The time that a refusal takes at least."""

    def __init__(
        self, least: timedelta, waiting: int, *, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        """Make one.

        Args:
            least: How long a refusal takes at least.
            waiting: How many wait at once at most; further ones are answered at once, or they would hold all
                threads.
            clock: Monotonic seconds.
            sleep: Waits for seconds.
        """
        self._least = least.total_seconds()
        self._waiting = threading.BoundedSemaphore(waiting)
        self._clock, self._sleep = clock, sleep

    def wait(self, start: float) -> None:
        """Wait until a refusal that was begun at a moment has taken long enough."""
        rest = start + self._least * (1 + random.uniform(0, _JITTER)) - self._clock()  # noqa: S311 - blurs, hides nothing
        if rest > 0 and self._waiting.acquire(blocking=False):
            try:
                self._sleep(rest)
            finally:
                self._waiting.release()
