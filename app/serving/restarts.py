"""When workers that end as soon as they have started are started again: after pauses that grow."""

from __future__ import annotations

import logging
from collections.abc import Callable

_log = logging.getLogger("wharfinger")
_AT_ONCE = 10.0
"""Seconds; a worker that lived for longer was all right."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0


class Restarts:
    """What gunicorn's main process knows of workers that ended at once.

    Something that kills every worker is mended by none of the next ones; starting them without a pause takes
    the processor from those that still work, and fills the log.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Begin without a pause; `monotonic` returns seconds."""
        self._monotonic = monotonic
        self._started: dict[int, float] = {}
        self._pause = 0.0
        self._not_before = 0.0

    def may_start(self) -> bool:
        """Whether no pause is under way."""
        return self._monotonic() >= self._not_before

    def started(self, number: int) -> None:
        """Note that a worker starts; every one has another number."""
        self._started[number] = self._monotonic()

    def ended(self, number: int) -> None:
        """Note that a worker ended."""
        now = self._monotonic()
        if now - self._started.pop(number, 0.0) > _AT_ONCE:
            self._pause = 0.0
            return
        if not self.may_start():
            return  # another one of those that were started together
        self._pause = min(max(self._pause * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
        self._not_before = now + self._pause
        _log.error(
            "a worker ended as soon as it had started; the next is started after a pause",
            extra={"seconds": self._pause},
        )
