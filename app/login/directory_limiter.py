"""Reserves a place in the budget of the whole directory, beside those of account and source."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from app.errors import StateUnavailable
from app.login import directory_budget
from app.login.attempt import Attempt, Tagger
from app.login.budget import Denied, InFlight
from app.login.directory_budget import DirectoryLimits
from app.login.failure_store import AccountRows, FailureStore
from app.login.limiter import RecordingLimiter
from app.login.settlement import BindOutcome, Reservation
from app.state.rows import LoginRow, LoginState

T = TypeVar("T")
_NO_SOURCE = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed(Reservation):
    """A reservation, and its place in the budget of the directory."""

    inner: Reservation
    place: LoginRow


class DirectoryLimiter:
    """Reserves a place in the budget of the directory too."""

    def __init__(
        self,
        inner: RecordingLimiter,
        store: FailureStore,
        tagger: Callable[[], Tagger],
        limits: DirectoryLimits,
        *,
        clock: Callable[[], float],
    ) -> None:
        """Know of nothing but what the store holds.

        Args:
            inner: Counts accounts and sources.
            store: Where rows are kept.
            tagger: Returns what makes tags; may raise StateUnavailable.
            limits: How much the directory may see.
            clock: Seconds, by a clock that everybody who shares the store has.
        """
        self._inner, self._store, self._tagger = inner, store, tagger
        self._limits, self._clock = limits, clock

    def reserve(self, attempt: Attempt, *, waits: bool = True) -> Reservation | InFlight | Denied:
        """Reserve a place for one attempt, where all budgets allow it.

        Args:
            attempt: Which.
            waits: Whether it can wait for others. Else it is never InFlight.

        Raises:
            StateUnavailable: The store does not work.
        """
        inner = self._inner.reserve(attempt, waits=waits)
        if not isinstance(inner, Reservation):
            return inner
        verdict: LoginRow | InFlight | Denied | None = None
        try:
            verdict = self._transact(lambda rows, now: self._place(rows, inner, now, waits=waits))
        finally:
            if not isinstance(verdict, LoginRow):
                with suppress(StateUnavailable):  # it is settled before the next attempt is reserved
                    self._inner.settle(inner, BindOutcome.NOT_ASKED)
        return _placed(inner, verdict) if isinstance(verdict, LoginRow) else verdict

    def record(self, attempt: Attempt) -> Reservation:
        """Record an attempt that another limiter has allowed.

        Raises:
            StateUnavailable: The store does not work.
        """
        inner = self._inner.record(attempt)
        return _placed(inner, self._transact(lambda rows, now: self._add(rows, inner, now)))

    def settle(self, reservation: Reservation, outcome: BindOutcome) -> None:
        """Record what became of an attempt: whatever the directory refused is a failure here.

        Raises:
            StateUnavailable: The store does not work. A place that is not given back is one until its lease
                is over, and a failure until its window is.
        """
        if not isinstance(reservation, _Placed):
            raise TypeError("the reservation is another limiter's")
        try:
            self._transact(lambda rows, now: self._settle(rows, reservation.place, outcome, now))
        finally:
            self._inner.settle(reservation.inner, outcome)

    def _place(
        self, rows: AccountRows, inner: Reservation, now: float, *, waits: bool
    ) -> LoginRow | InFlight | Denied:
        exempt = inner.proof is not None
        denied = directory_budget.decide(rows.all(), self._limits, now, exempt=exempt, waits=waits)
        return self._add(rows, inner, now) if denied is None else denied

    def _add(self, rows: AccountRows, inner: Reservation, now: float) -> LoginRow:
        row = replace(
            inner.row,
            id=0,
            account=self._tagger().directory,
            source=_NO_SOURCE,
            at=now,
            until=now + self._limits.kept,
        )
        return replace(row, id=rows.add(row))

    def _settle(self, rows: AccountRows, place: LoginRow, outcome: BindOutcome, now: float) -> None:
        if outcome in (BindOutcome.RIGHT, BindOutcome.NOT_ASKED):
            rows.remove(place.id)
        else:
            until = now + self._limits.kept
            rows.change(replace(place, state=LoginState.WRONG, at=now, until=until, holder=b""))

    def _transact(self, work: Callable[[AccountRows, float], T]) -> T:
        now = self._clock()
        return self._store.transact(self._tagger().directory, _NO_SOURCE, now, lambda rows: work(rows, now))


def _placed(inner: Reservation, place: LoginRow) -> _Placed:
    return _Placed(inner.row, inner.proof, inner.lost, inner=inner, place=place)
