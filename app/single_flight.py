"""Does the same piece of work once, however many ask for it at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def _run_here(run: Callable[[], None]) -> None:
    run()


class SingleFlight(Generic[K, T]):
    """Pieces of work by key. While one is under way, whoever asks for its key waits for what comes of it."""

    def __init__(self, start: Callable[[Callable[[], None]], object] = _run_here) -> None:
        """Take what starts a flight.

        Args:
            start: Runs what it is given: in the thread of whoever asks first, or in one of its own. Where it
                raises an exception, that is the flight's.
        """
        self._start = start
        self._lock = threading.Lock()
        self._flights: dict[K, Future[T]] = {}

    def join(self, key: K, work: Callable[[], T]) -> Future[T]:
        """Return the flight of a key; start it where none is under way.

        Args:
            key: What is asked for.
            work: Does it, for everybody who asks meanwhile.
        """
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None:
                return flight
            flight = self._flights[key] = Future()
        try:
            self._start(lambda: self._run(key, flight, work))
        except Exception as error:  # noqa: BLE001 - whoever has joined meanwhile gets it too
            self._fail(key, flight, error)
        return flight

    def _run(self, key: K, flight: Future[T], work: Callable[[], T]) -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - raised again where the result is waited for
            self._fail(key, flight, error)
            return
        self._end(key)
        flight.set_result(result)

    def _fail(self, key: K, flight: Future[T], error: BaseException) -> None:
        self._end(key)
        flight.set_exception(error)

    def _end(self, key: K) -> None:
        """End a flight before its result is known to anybody, so that nobody joins what is over."""
        with self._lock:
            del self._flights[key]
