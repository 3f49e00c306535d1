"""One piece of work for everybody who asks at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.single_flight import SingleFlight


def test_who_comes_meanwhile_gets_the_same_result() -> None:
    """The work is done once; afterwards it is done again."""
    done: list[str] = []
    begun, go = threading.Event(), threading.Event()

    def work() -> int:
        done.append("once")
        begun.set()
        assert go.wait(10)
        return len(done)

    flights: SingleFlight[str, int] = SingleFlight()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(flights.join, "key", work)
        assert begun.wait(10)
        second = flights.join("key", work)
        assert not second.done()
        go.set()
        assert first.result(10) is second
    assert second.result(10) == 1
    assert flights.join("key", work).result(10) == 2


def test_keys_are_apart() -> None:
    """Within one flight another key is another piece of work."""
    flights: SingleFlight[str, int] = SingleFlight()
    assert flights.join("a", lambda: flights.join("b", lambda: 2).result(10) + 1).result(10) == 3


def test_a_fault_is_not_remembered() -> None:
    """It reaches whoever asked, and the next one tries again."""
    flights: SingleFlight[str, int] = SingleFlight()

    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        flights.join("key", fail).result(10)
    assert flights.join("key", lambda: 1).result(10) == 1


def test_a_flight_that_cannot_start_ends() -> None:
    """Nobody waits for it for ever, and the next one starts anew."""
    starts: list[None] = []

    def start(run: Callable[[], None]) -> None:
        starts.append(None)
        if len(starts) == 1:
            raise OSError("no thread")
        run()

    flights: SingleFlight[str, int] = SingleFlight(start)
    with pytest.raises(OSError, match="no thread"):
        flights.join("key", lambda: 1).result(10)
    assert flights.join("key", lambda: 1).result(10) == 1
