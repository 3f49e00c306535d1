"""When the breaker opens, and who tries again."""

from __future__ import annotations

from datetime import timedelta

from app.breaker import Breaker

TRIAL = 6.0


def _breaker() -> Breaker:
    return Breaker(failures=3, pause=timedelta(seconds=10), trial=timedelta(seconds=TRIAL))


def test_three_failures_open_the_breaker_for_ten_seconds() -> None:
    """The fourth caller is not admitted until ten seconds have passed."""
    breaker = _breaker()
    for moment in (0.0, 1.0):
        breaker.record(worked=False, now=moment)
        assert breaker.admits(moment)
    assert breaker.record(worked=False, now=2.0)
    assert not breaker.admits(11.9)
    assert breaker.admits(12.0)


def test_one_success_counts_the_failures_anew() -> None:
    """Only failures in a row open the breaker."""
    breaker = _breaker()
    for worked in (False, False, True, False, False):
        breaker.record(worked=worked, now=0.0)
    assert breaker.admits(0.0)


def test_one_caller_at_a_time_tries_again() -> None:
    """Nobody else is admitted until that caller has recorded how it ended."""
    breaker = _opened()
    assert breaker.admits(10.0)
    assert not breaker.admits(10.1)
    assert breaker.record(worked=True, now=10.2)
    assert not breaker.is_open
    assert breaker.admits(10.2)


def test_a_failed_trial_starts_another_pause() -> None:
    """One failure is enough while the breaker is open."""
    breaker = _opened()
    assert breaker.admits(10.0)
    assert not breaker.record(worked=False, now=13.0)
    assert not breaker.admits(22.9)
    assert breaker.admits(23.0)


def test_a_trial_that_records_nothing_ends_by_itself() -> None:
    """After the time of a trial the next caller is admitted."""
    breaker = _opened()
    assert breaker.admits(10.0)
    assert breaker.admits(10.0 + TRIAL)


def _opened() -> Breaker:
    breaker = _breaker()
    for _ in range(3):
        breaker.record(worked=False, now=0.0)
    return breaker


def test_the_thresholds_are_arguments() -> None:
    """One failure opens this breaker, and for five seconds."""
    breaker = Breaker(failures=1, pause=timedelta(seconds=5), trial=timedelta(seconds=5))
    assert breaker.record(worked=False, now=0.0)
    assert not breaker.admits(4.9)
    assert breaker.admits(5.0)
