"""Workers that end as soon as they have started."""

from __future__ import annotations

import pytest

from app.serving.restarts import Restarts


class _Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _live(restarts: Restarts, clock: _Clock, number: int, seconds: float) -> None:
    restarts.started(number)
    clock.now += seconds
    restarts.ended(number)


def _pause(restarts: Restarts, clock: _Clock) -> float:
    """Wait until a worker may be started, and return for how long."""
    begun = clock.now
    while not restarts.may_start():
        clock.now += 0.5
    return clock.now - begun


def test_pauses_grow_up_to_half_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """While every next worker ends at once; each is told."""
    clock = _Clock()
    restarts = Restarts(clock)
    pauses = []
    for number in range(7):
        assert restarts.may_start()
        _live(restarts, clock, number, 0.125)
        pauses.append(_pause(restarts, clock))
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert [getattr(record, "seconds", None) for record in caplog.records] == pauses


def test_a_worker_that_lived_is_replaced_without_a_pause() -> None:
    """And ends what was: the next trouble begins with the shortest pause."""
    clock = _Clock()
    restarts = Restarts(clock)
    for number in range(3):
        _live(restarts, clock, number, 0.125)
        _pause(restarts, clock)
    _live(restarts, clock, 4, 60)
    assert restarts.may_start()
    _live(restarts, clock, 5, 0.125)
    assert _pause(restarts, clock) == 1


def test_workers_that_end_together_make_one_pause() -> None:
    """They were started together, and whatever ended them is one thing."""
    clock = _Clock()
    restarts = Restarts(clock)
    for number in range(8):
        restarts.started(number)
    for number in range(8):
        restarts.ended(number)
    assert _pause(restarts, clock) == 1
