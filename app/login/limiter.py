"""Reserves a place in the budgets before the directory is asked, and records what it answered.

An attempt is *reserved* as a failure before its bind is sent, and *settled* when the directory has answered.
If the process dies in between, the failure stays.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from cachetools import TLRUCache, TTLCache

from app.errors import StateUnavailable
from app.login import budget, settlement
from app.login.attempt import Attempt, Tagger, Tags
from app.login.budget import Allowed, Denied, FailureLimits, InFlight, SourceFailures, Spared
from app.login.failure_store import AccountRows, FailureStore
from app.login.settlement import BindOutcome, Reservation
from app.state.holder import Holder
from app.state.rows import LoginRow, LoginState

_FULL_SECONDS = 60.0
_MOST_TAGS = 10_000
_MOST_IN_FLIGHT = 10_000
_MOST_OWED = 1_000


class Limiter(Protocol):
    """Decides whether the directory may be asked, and learns what it answered."""

    def reserve(self, attempt: Attempt, *, waits: bool = True) -> Reservation | InFlight | Denied:
        """Reserve a place for one attempt, where the budgets allow it.

        Args:
            attempt: Which.
            waits: Whether it can wait for another process that asks the same. Else it is never InFlight.
        """

    def settle(self, reservation: Reservation, outcome: BindOutcome) -> None:
        """Record what became of an attempt that was reserved."""


class RecordingLimiter(Limiter, Protocol):
    """A limiter that also records what another one has allowed."""

    def record(self, attempt: Attempt) -> Reservation:
        """Record an attempt that another limiter has allowed."""


class StoreLimiter:
    """Counts failures in a failure store."""

    def __init__(
        self,
        store: FailureStore,
        tagger: Callable[[], Tagger],
        limits: FailureLimits,
        holder: Holder,
        *,
        clock: Callable[[], float],
        timer: Callable[[], float],
    ) -> None:
        """Know of nothing but what the store holds.

        Args:
            store: Where rows are kept.
            tagger: Returns what makes tags; may raise StateUnavailable.
            limits: How much the directory may see.
            holder: Names this process in rows.
            clock: Seconds, by a clock that everybody who shares the store has.
            timer: Monotonic seconds.
        """
        self._store, self._tagger, self._limits = store, tagger, limits
        self._holder, self._clock, self._timer = holder, clock, timer
        self._lock = threading.Lock()
        self._guessed: TTLCache[bytes, None] = TTLCache(_MOST_TAGS, limits.window, timer)
        # a wrong login stays wrong until its time is over: the store need not be asked again
        self._wrong: TLRUCache[bytes, float] = TLRUCache(_MOST_TAGS, lambda _key, until, _now: until, timer)
        self._in_flight: TTLCache[int, None] = TTLCache(_MOST_IN_FLIGHT, limits.lease, timer)
        self._owed: deque[tuple[Reservation, BindOutcome]] = deque(maxlen=_MOST_OWED)

    def reserve(self, attempt: Attempt, *, waits: bool = True) -> Reservation | InFlight | Denied:
        """Reserve a place for one attempt, where the budgets allow it.

        Args:
            attempt: Which.
            waits: Whether it can wait for another process that asks the same. Else it is never InFlight.

        Raises:
            StateUnavailable: The store does not work.
        """
        tags = self._tagger().tags(attempt)
        with self._lock:
            until = self._wrong.get(tags.login)
        if until is not None:
            return Denied(Spared.REMEMBERED_FAILURE, until - self._timer())
        self._settle_owed()
        now = self._clock()
        verdict = self._store.transact(
            tags.account, tags.source, now, lambda rows: self._reserve(rows, tags, now, waits=waits)
        )
        if isinstance(verdict, Denied) and verdict.reason is Spared.REMEMBERED_FAILURE and verdict.seconds:
            with self._lock:
                self._wrong[tags.login] = self._timer() + verdict.seconds
        return verdict

    def record(self, attempt: Attempt) -> Reservation:
        """Record an attempt that another limiter has allowed.

        Raises:
            StateUnavailable: The store does not work.
        """
        tags, now = self._tagger().tags(attempt), self._clock()
        return self._store.transact(
            tags.account, tags.source, now, lambda rows: Reservation(self._add(rows, tags, now), None)
        )

    def settle(self, reservation: Reservation, outcome: BindOutcome) -> None:
        """Record what became of an attempt that was reserved.

        Raises:
            StateUnavailable: The store does not work. It is recorded before the next attempt is reserved.
        """
        try:
            self._settle(reservation, outcome)
        except StateUnavailable:
            self._owed.append((reservation, outcome))
            raise
        finally:
            with self._lock:
                self._in_flight.pop(reservation.row.id, None)

    def _settle_owed(self) -> None:
        """Settle what could not be settled while the store did not work."""
        for _ in range(len(self._owed)):
            try:
                owed = self._owed.popleft()
            except IndexError:  # another thread was quicker
                return
            try:
                self._settle(*owed)
            except StateUnavailable:
                self._owed.append(owed)
                raise

    def _settle(self, reservation: Reservation, outcome: BindOutcome) -> None:
        tags, now = reservation.tags, self._clock()
        self._store.transact(
            tags.account,
            tags.source,
            now,
            lambda rows: settlement.settle(rows, reservation, outcome, self._limits, now),
        )

    def _reserve(
        self, rows: AccountRows, tags: Tags, now: float, *, waits: bool
    ) -> Reservation | InFlight | Denied:
        limits = self._limits
        known = [self._as_known(row, now) for row in rows.all()]
        verdict = budget.decide(
            known,
            lambda: SourceFailures(*rows.source(now - limits.window)),
            tags,
            limits,
            now,
            waits=waits,
        )
        if isinstance(verdict, Allowed) and verdict.proof is None and rows.is_full():
            return Denied(Spared.MEMORY_FULL, _FULL_SECONDS)
        if isinstance(verdict, Allowed):
            lost = tuple(row.id for row in known if row.tag == tags.login and row.state is LoginState.LOST)
            return Reservation(self._add(rows, tags, now), verdict.proof, lost)
        if isinstance(verdict, Denied) and verdict.guessed is not None and self._is_new_guess(tags):
            guesses, since = budget.count_guess(verdict.guessed, limits, now)
            rows.change(replace(verdict.guessed, guesses=guesses, guessed_since=since))
        return verdict

    def _as_known(self, row: LoginRow, now: float) -> LoginRow:
        """Return a pending row as lost, where nobody will ever say what became of it."""
        if row.state is not LoginState.PENDING:
            return row
        with self._lock:
            settled = row.holder == self._holder.name() and row.id not in self._in_flight
        over = row.at <= now - self._limits.lease
        if settled or over or self._holder.is_gone(row.holder):
            return replace(row, state=LoginState.LOST)
        return row

    def _is_new_guess(self, tags: Tags) -> bool:
        """Whether this process has not denied the same password before: a repetition tells nothing new."""
        with self._lock:
            known = tags.login in self._guessed
            self._guessed[tags.login] = None
        return not known

    def _add(self, rows: AccountRows, tags: Tags, now: float) -> LoginRow:
        """Add a pending row, which is in flight from the moment at which others can see it."""
        state, until, holder = LoginState.PENDING, now + self._limits.kept, self._holder.name()
        row = LoginRow(0, tags.account, tags.login, tags.source, state, now, until, holder)
        added = replace(row, id=rows.add(row))
        with self._lock:
            self._in_flight[added.id] = None
        return added
