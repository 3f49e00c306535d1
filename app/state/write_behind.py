"""Writing that nobody waits for: what is to be written waits in a queue, and a thread writes it.

What finds no place in the queue, or cannot be written, is dropped and counted.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from app.errors import StateUnavailable

Item = TypeVar("Item")
_log = logging.getLogger("wharfinger.state")
_WAITING: Final = 1000
_BATCH: Final = 200
_PAUSE_SECONDS: Final = 1.0
"""How long a first item waits for others: a flood is written once a second."""


class WriteBehind(Generic[Item]):
    """A queue and its thread, which is started by the first item: after the process has forked."""

    def __init__(
        self,
        write: Callable[[Sequence[Item]], None],
        dropped: Callable[[int], object],
        *,
        waiting: int = _WAITING,
        pause: float = _PAUSE_SECONDS,
    ) -> None:
        """Write nothing yet.

        Args:
            write: Writes some items; may raise StateUnavailable.
            dropped: Gets how many items were given up.
            waiting: How many items may wait.
            pause: Seconds for which a first item waits for others.
        """
        self._write, self._dropped, self._pause = write, dropped, pause
        self._queue: queue.Queue[Item] = queue.Queue(waiting)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def put(self, item: Item) -> None:
        """Have an item written some time; returns at once."""
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            self._dropped(1)
            return
        if self._thread is None:
            self._start()

    def finish(self, seconds: float) -> None:
        """Write what waits, at the end of the process; give up after so many seconds."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(seconds)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="write-behind", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # the machine allows no more threads; the next item tries again
                    return
                self._thread = thread

    def _run(self) -> None:
        while True:
            batch = self._next()
            if not batch:
                return
            try:
                self._write(batch)
            except StateUnavailable:
                self._dropped(len(batch))
            except Exception:  # noqa: BLE001 - whatever it is, it must not end the thread
                _log.exception("what nobody waited for could not be written")
                self._dropped(len(batch))

    def _next(self) -> list[Item]:
        """Wait for items; return none once there are no more at the end of the process."""
        while True:
            try:
                batch = [self._queue.get(timeout=self._pause)]
                break
            except queue.Empty:
                if self._stopping.is_set():
                    return []
        self._stopping.wait(self._pause)
        while len(batch) < _BATCH:
            try:
                batch.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return batch
