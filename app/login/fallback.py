"""The local store of failures, for while the shared one is unavailable.

Every admitted attempt is also recorded locally, so the local limit holds while the shared state comes and
goes. The local store decides only while it may know of failures that the shared one does not.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from app.breaker import Breaker
from app.errors import StateUnavailable
from app.login.attempt import Attempt
from app.login.budget import Denied, InFlight, Spared
from app.login.limiter import BindOutcome, Reservation, StoreLimiter

_log = logging.getLogger("wharfinger.login")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Both(Reservation):
    """A reservation in the shared store, with that in the local one."""

    local: Reservation


class FallbackLimiter:
    """Counts the failures of all processes; those of this process while the others' cannot be known."""

    def __init__(
        self,
        shared: StoreLimiter,
        local: StoreLimiter,
        *,
        kept: float,
        realm: str,
        on_fault: Callable[[], object],
        clock: Callable[[], float],
    ) -> None:
        """Know of no fault yet.

        Args:
            shared: Over the shared store.
            local: Over a store of this process.
            kept: How long a failure is kept, in seconds.
            realm: For the log.
            on_fault: Called each time the shared store could not be used.
            clock: Monotonic seconds.
        """
        self._shared, self._local, self._kept = shared, local, kept
        self._realm, self._on_fault, self._clock = realm, on_fault, clock
        self._availability = Breaker(failures=1, pause=timedelta(), trial=timedelta())
        self._local_decides_until = -float("inf")

    def reserve(self, attempt: Attempt) -> Reservation | InFlight | Denied:
        """Reserve a place for one attempt, where the budgets allow it."""
        try:
            verdict = self._noted(lambda: self._shared.reserve(attempt))
        except StateUnavailable:
            return self._local.reserve(attempt)
        if not isinstance(verdict, Reservation):
            return verdict
        local = self._reserve_locally(verdict, attempt)
        if isinstance(local, Reservation):
            return _Both(verdict.row, verdict.proof, local)
        with suppress(StateUnavailable):
            self._noted(lambda: self._shared.settle(verdict, BindOutcome.NOT_ASKED))
        return local

    def _reserve_locally(self, shared: Reservation, attempt: Attempt) -> Reservation | InFlight | Denied:
        """Reserve in the local store what the shared one has allowed."""
        knows_more = self._clock() < self._local_decides_until
        if not knows_more or shared.proof is not None:  # the proof need not be known here
            return self._local.record(attempt)
        verdict = self._local.reserve(attempt)
        if isinstance(verdict, Denied) and verdict.reason is Spared.MEMORY_FULL:  # it holds fewer
            return self._local.record(attempt)
        return verdict

    def settle(self, reservation: Reservation, outcome: BindOutcome) -> None:
        """Record what became of an attempt that was reserved."""
        if not isinstance(reservation, _Both):
            self._local.settle(reservation, outcome)
            return
        self._local.settle(reservation.local, outcome)
        with suppress(StateUnavailable):  # there it stays a failure until it expires
            self._noted(lambda: self._shared.settle(reservation, outcome))

    def _noted(self, work: Callable[[], T]) -> T:
        """Use the shared store; log when it becomes unavailable, and when it is available again."""
        try:
            result = work()
        except StateUnavailable as error:
            now = self._clock()
            self._local_decides_until = now + self._kept
            self._on_fault()
            if self._availability.record(worked=False, now=now):
                text = "state unavailable; each process counts failed logins alone"
                _log.error(text, extra={"realm": self._realm, "detail": error.detail})
            raise
        if self._availability.record(worked=True, now=0.0):
            _log.info("state available again", extra={"realm": self._realm})
        return result
