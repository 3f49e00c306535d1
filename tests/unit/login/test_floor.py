"""The time that a refusal takes at least."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from app.login.floor import FailureFloor


@dataclass(slots=True)
class Time:
    """Time that passes while somebody sleeps."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)
    inside: Callable[[], object] | None = None

    def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.slept.append(seconds)
        if self.inside is not None:
            self.inside()
        self.now += seconds


def _floor(time: Time, chance: float, waiting: int = 1) -> FailureFloor:
    least = timedelta(milliseconds=250)
    return FailureFloor(least, waiting, clock=lambda: time.now, sleep=time.sleep, chance=lambda: chance)


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 0.25), (0.5, 0.275), (1.0, 0.3)])
def test_a_refusal_takes_up_to_a_fifth_longer_by_chance(chance: float, seconds: float) -> None:
    """Else whatever takes a little longer than the floor would stand out."""
    time = Time()
    _floor(time, chance).wait(1000.0)
    assert time.slept == [pytest.approx(seconds)]


def test_the_time_that_has_passed_counts() -> None:
    """The directory's time is part of the floor, not added to it."""
    time = Time(now=1000.2)
    _floor(time, 0.0).wait(1000.0)
    assert time.slept == [pytest.approx(0.05)]


def test_what_took_longer_does_not_wait() -> None:
    """Beyond the floor there is nothing to hide."""
    time = Time(now=1000.3)
    _floor(time, 1.0).wait(1000.0)
    assert time.slept == []


def test_what_finds_no_place_does_not_wait() -> None:
    """Its caller has to answer something that tells nothing; with a place it waits like any other."""
    time = Time()
    floor = _floor(time, 0.0)
    within: list[bool] = []
    time.inside = lambda: within.append(floor.wait_in_place(time.now))
    assert floor.wait_in_place(1000.0)
    assert within == [False]
    assert time.slept == [pytest.approx(0.25)]


def test_what_has_taken_long_enough_needs_no_place() -> None:
    """It is no quicker than others."""
    time = Time(now=1001.0)
    assert _floor(time, 1.0, waiting=0).wait_in_place(1000.0)
    assert time.slept == []


def test_every_refusal_waits_another_time() -> None:
    """By default the chance is one."""
    time = Time()
    floor = FailureFloor(timedelta(seconds=1), 1, clock=lambda: 0.0, sleep=time.sleep)
    for _ in range(20):
        floor.wait(0.0)
    assert len(set(time.slept)) > 1
    assert all(1 <= each <= 1.2 for each in time.slept)
