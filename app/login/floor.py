"""Refusals take as long as each other, so that the time does not tell which names exist."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import timedelta

_JITTER = 0.2


class FailureFloor:
    """The time that a refusal takes at least."""

    def __init__(
        self,
        least: timedelta,
        waiting: int,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Let nobody wait yet.

        Args:
            least: How long a refusal takes at least; up to a fifth more by chance.
            waiting: How many places there are for refusals that need not wait.
            clock: Monotonic seconds.
            sleep: Waits for seconds.
            chance: Returns a number from 0 to 1. It blurs and hides nothing, so that any generator will do.
        """
        self._least = least.total_seconds()
        self._waiting = threading.BoundedSemaphore(waiting)
        self._clock, self._sleep, self._chance = clock, sleep, chance

    def wait(self, start: float) -> None:
        """Wait until a refusal that began at a moment has taken long enough."""
        rest = self._rest(start)
        if rest > 0:
            self._sleep(rest)

    def wait_in_place(self, start: float) -> bool:
        """Wait likewise, if a place is free; return False at once if none is: each place holds a thread."""
        rest = self._rest(start)
        if rest <= 0:
            return True
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            self._sleep(rest)
        finally:
            self._waiting.release()
        return True

    def _rest(self, start: float) -> float:
        return start + self._least * (1 + _JITTER * self._chance()) - self._clock()
