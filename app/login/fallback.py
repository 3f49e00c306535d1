"""What is known of failures, still known where the shared state is down: then each process has its own.

What this process lets through is written down in its own memory too, so that it never lets through more than
its limits, whichever of the two was asked.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from app.errors import StateUnavailable
from app.login.attempt import Attempt
from app.login.budget import Stop, Wait
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
        if isinstance(verdict, Ticket):
            return _Pair(verdict.row, verdict.mark, self._own.take(attempt))
        return verdict

    def settle(self, ticket: Ticket, outcome: Outcome) -> None:
        """Learn what became of an attempt that was admitted."""
        if not isinstance(ticket, _Pair):
            self._own.settle(ticket, outcome)
            return
        self._own.settle(ticket.own, outcome)
        try:
            self._told(lambda: self._shared.settle(ticket, outcome))
        except StateUnavailable:
            return  # it stays a failure there until its time is over

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
