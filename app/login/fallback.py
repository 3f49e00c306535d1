"""The local store of failures, for while the shared one is unavailable.

Every admitted attempt is also recorded locally, so the local limit holds while the shared state comes and
goes. The local store decides only while it may know of failures that the shared one does not.

The local store of a machine is itself shared by its processes, and may fail too: then each process has one.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol, TypeVar

from app.breaker import Breaker
from app.errors import StateUnavailable
from app.login.attempt import Attempt
from app.login.budget import Denied, InFlight, Spared
from app.login.limiter import RecordingLimiter
from app.login.settlement import BindOutcome, Reservation

_log = logging.getLogger("wharfinger.login")
T = TypeVar("T")


class LastOutage(Protocol):
    """When the shared store was last unavailable, as far as those know who share the local one."""

    def note(self, now: float) -> None:
        """Note that it is unavailable now."""

    def at(self) -> float:
        """Return when it last was, in monotonic seconds; far in the past if never."""


class ProcessOutage:
    """The last outage that this process knows of."""

    def __init__(self) -> None:
        self._at = -float("inf")

    def note(self, now: float) -> None:
        """Note that the shared store is unavailable now."""
        self._at = now

    def at(self) -> float:
        """Return when it last was."""
        return self._at


class MachineOutage:
    """The last outage that any process of this machine knows of: the time of a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, now: float) -> None:
        """Note that the shared store is unavailable now."""
        with suppress(OSError):  # then the local store cannot be used either
            self._path.touch(0o600)
            os.utime(self._path, (now, now))

    def at(self) -> float:
        """Return when it last was."""
        try:
            return self._path.stat().st_mtime
        except OSError:
            return -float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reserved(Reservation):
    """A reservation in both stores; in the local one alone, where the shared one was unavailable."""

    shared: Reservation | None
    local: Reservation


class FallbackLimiter:
    """Counts the failures of all processes; those that the local store knows while the others are unknown."""

    def __init__(
        self,
        shared: RecordingLimiter,
        local: RecordingLimiter,
        outage: LastOutage,
        *,
        kept: float,
        timer: Callable[[], float],
        on_fault: Callable[[], object],
        about: dict[str, str],
    ) -> None:
        """Know of no fault yet.

        Args:
            shared: Over the shared store.
            local: Over a store of this machine or process.
            outage: Shared by those who share the local store.
            kept: How long a failure is kept, in seconds.
            timer: Monotonic seconds.
            on_fault: Called each time the shared store could not be used.
            about: What the log says of the shared store.
        """
        self._shared, self._local, self._outage, self._kept = shared, local, outage, kept
        self._timer, self._on_fault, self._about = timer, on_fault, about
        self._availability = Breaker(failures=1, pause=timedelta(), trial=timedelta())

    def reserve(self, attempt: Attempt, *, waits: bool = True) -> Reservation | InFlight | Denied:
        """Reserve a place for one attempt, where the budgets allow it.

        Args:
            attempt: Which.
            waits: Whether it can wait for another process that asks the same. Else it is never InFlight.
        """
        try:
            verdict = self._noted(lambda: self._shared.reserve(attempt, waits=waits))
        except StateUnavailable:
            local = self._local.reserve(attempt, waits=waits)
            return _reserved(None, local) if isinstance(local, Reservation) else local
        if not isinstance(verdict, Reservation):
            return verdict
        local = self._reserve_locally(verdict, attempt, waits=waits)
        if isinstance(local, Reservation):
            return _reserved(verdict, local)
        with suppress(StateUnavailable):
            self._noted(lambda: self._shared.settle(verdict, BindOutcome.NOT_ASKED))
        return local

    def _reserve_locally(
        self, shared: Reservation, attempt: Attempt, *, waits: bool
    ) -> Reservation | InFlight | Denied:
        """Reserve in the local store what the shared one has allowed."""
        knows_more = self._timer() < self._outage.at() + self._kept
        if not knows_more or shared.proof is not None:  # the proof need not be known here
            return self._local.record(attempt)
        verdict = self._local.reserve(attempt, waits=waits)
        if isinstance(verdict, Denied) and verdict.reason is Spared.MEMORY_FULL:  # it holds fewer
            return self._local.record(attempt)
        return verdict

    def record(self, attempt: Attempt) -> Reservation:
        """Record an attempt that another limiter has allowed."""
        local = self._local.record(attempt)
        try:
            shared = self._noted(lambda: self._shared.record(attempt))
        except StateUnavailable:
            return _reserved(None, local)
        return _reserved(shared, local)

    def settle(self, reservation: Reservation, outcome: BindOutcome) -> None:
        """Record what became of an attempt that was reserved."""
        if not isinstance(reservation, _Reserved):
            raise TypeError("the reservation is another limiter's")
        self._local.settle(reservation.local, outcome)
        shared = reservation.shared
        if shared is not None:
            with suppress(StateUnavailable):  # it is settled there when the store works again
                self._noted(lambda: self._shared.settle(shared, outcome))

    def _noted(self, work: Callable[[], T]) -> T:
        """Use the shared store; log when it becomes unavailable, and when it is available again."""
        try:
            result = work()
        except StateUnavailable as error:
            now = self._timer()
            self._outage.note(now)
            self._on_fault()
            if self._availability.record(worked=False, now=now):
                text = "state unavailable; failed logins are counted locally"
                _log.error(text, extra={**self._about, "detail": error.detail})
            raise
        if self._availability.record(worked=True, now=0.0):
            _log.info("state available again", extra=self._about)
        return result


def _reserved(shared: Reservation | None, local: Reservation) -> _Reserved:
    decided = local if shared is None else shared
    return _Reserved(decided.row, decided.proof, decided.lost, shared=shared, local=local)
