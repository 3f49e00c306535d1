"""What is known of failures, still known where the shared state is down: then each process has its own.

What this process lets through is written down in its own memory too, which has its say all the time: so the
process never lets through more than its limits, also while the other goes away and comes back.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from app.errors import StateUnavailable
from app.login.attempt import Attempt
from app.login.budget import Spared, Stop, Wait
from app.login.failures import Failures, Outcome, Ticket

_log = logging.getLogger("wharfinger.login")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Pair(Ticket):
    """A ticket of the shared memory, with that of this process."""

    own: Ticket


class SharedFailures:
    """The failures of all processes; those of this process while the others' cannot be known."""

    def __init__(
        self, shared: Failures, own: Failures, *, realm: str, on_fault: Callable[[], object]
    ) -> None:
        """Make one.

        Args:
            shared: Kept in the shared state.
            own: Kept in this process.
            realm: For the log.
            on_fault: Called each time the shared state could not be used.
        """
        self._shared, self._own = shared, own
        self._realm, self._on_fault = realm, on_fault
        self._is_down = False
        self._lock = threading.Lock()

    def admit(self, attempt: Attempt) -> Ticket | Wait | Stop:
        """Decide about one attempt."""
        try:
            verdict = self._told(lambda: self._shared.admit(attempt))
        except StateUnavailable:
            return self._own.admit(attempt)
        if not isinstance(verdict, Ticket):
            return verdict
        own = self._admit_here(verdict, attempt)
        if isinstance(own, Ticket):
            return _Pair(verdict.row, verdict.mark, own)
        with suppress(StateUnavailable):
            self._told(lambda: self._shared.settle(verdict, Outcome.NOT_ASKED))
        return own

    def _admit_here(self, ticket: Ticket, attempt: Attempt) -> Ticket | Wait | Stop:
        """Ask the memory of this process too: it knows what was let through while the other was away."""
        if ticket.mark is not None:  # who has leave by others' knowledge may have none here
            return self._own.take(attempt)
        verdict = self._own.admit(attempt)
        if isinstance(verdict, Stop) and verdict.why is Spared.MEMORY_FULL:  # it is smaller than the other
            return self._own.take(attempt)
        return verdict

    def settle(self, ticket: Ticket, outcome: Outcome) -> None:
        """Learn what became of an attempt that was admitted."""
        if not isinstance(ticket, _Pair):
            self._own.settle(ticket, outcome)
            return
        self._own.settle(ticket.own, outcome)
        with suppress(StateUnavailable):  # it stays a failure there until its time is over
            self._told(lambda: self._shared.settle(ticket, outcome))

    def _told(self, work: Callable[[], T]) -> T:
        """Use the shared memory; the log is told when it goes down and when it comes back."""
        try:
            result = work()
        except StateUnavailable as error:
            self._on_fault()
            if self._changed(is_down=True):
                text = "state unavailable; each process counts failed logins alone"
                _log.error(text, extra={"realm": self._realm, "detail": error.detail})
            raise
        if self._is_down and self._changed(is_down=False):
            _log.info("state available again", extra={"realm": self._realm})
        return result

    def _changed(self, *, is_down: bool) -> bool:
        with self._lock:
            changed, self._is_down = self._is_down is not is_down, is_down
        return changed
