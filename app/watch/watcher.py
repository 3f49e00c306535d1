"""The threads that look whether files changed."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.watch.last_good import LastGood

_log = logging.getLogger("wharfinger.watch")
_INTERVAL = 2.0
_FIRST_LOOK = 10.0
"""Seconds that a process waits for its first look, before it answers on what it was forked with."""


class Watcher:
    """Looks every two seconds whether files changed, and at once where it is woken.

    Each of what is watched has a thread of its own: a look that hangs (in a network file system whose server
    is away) holds up no other.
    """

    def __init__(
        self,
        watched: Sequence[LastGood[Any]],
        *,
        looked: Callable[[LastGood[Any]], object] = lambda _: None,
        interval: float = _INTERVAL,
        first_look: float = _FIRST_LOOK,
    ) -> None:
        """Prepare; nothing runs before `start`.

        Args:
            watched: What to look at.
            looked: Called after each look.
            interval: Seconds between two looks.
            first_look: Seconds for which `start` waits at the most.
        """
        self._rounds = [_Rounds(each, looked, interval) for each in watched]
        self._first_look = first_look

    def start(self) -> None:
        """Begin to look, and wait for the first looks to end; for a process that no longer forks."""
        for each in self._rounds:
            each.thread.start()
        end = time.monotonic() + self._first_look
        for each in self._rounds:
            if not each.has_looked.wait(max(0.0, end - time.monotonic())):
                _log.error("the files cannot be looked at in time", extra={"what": each.watched.name})

    def wake(self) -> None:
        """Have it look at once; may be called from a signal's handler."""
        for each in self._rounds:
            each.woken.put(True)  # noqa: FBT003 - a queue takes one thing

    def stop(self) -> None:
        """End the threads, each once it is done with what it does."""
        for each in self._rounds:
            each.woken.put(False)  # noqa: FBT003 - as above
        for each in self._rounds:
            each.thread.join()


@dataclass(slots=True)
class _Rounds:
    """The thread that looks at one thing.

    Attributes:
        woken: True to look at once, False to end.
        has_looked: Set once the first look has ended.
    """

    watched: LastGood[Any]
    looked: Callable[[LastGood[Any]], object]
    interval: float
    woken: queue.SimpleQueue[bool] = field(default_factory=queue.SimpleQueue)
    has_looked: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the thread."""
        self.thread = threading.Thread(target=self._run, name="wharfinger-watch", daemon=True)

    def _run(self) -> None:
        self._look(self.watched.catch_up)
        self.has_looked.set()
        while True:
            try:
                woken = self.woken.get(timeout=self.interval)
            except queue.Empty:
                self._look(self.watched.refresh)
                continue
            if not woken:
                return
            self._look(lambda: self.watched.refresh(again=True))

    def _look(self, refresh: Callable[[], object]) -> None:
        try:
            refresh()
            self.looked(self.watched)
        except Exception:  # noqa: BLE001 - the next round must go on
            _log.exception("a fault of the token server", extra={"what": self.watched.name})
