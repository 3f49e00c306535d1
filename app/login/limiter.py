"""Reserves a place in the budgets before the directory is asked, and records what it answered.

An attempt is *reserved* as a failure before its bind is sent, and *settled* when the directory has answered.
If the process dies in between, the failure stays.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from cachetools import TLRUCache, TTLCache

from app.login import budget
from app.login.attempt import Attempt, Tagger, Tags
from app.login.budget import Allowed, Denied, FailureLimits, InFlight, SourceFailures, Spared
from app.login.failure_store import AccountRows, FailureStore
from app.state.rows import LoginRow, LoginState

_FULL_SECONDS = 60.0
_MOST_TAGS = 10_000
_RENEWALS = 8
_MOST_PROOFS = 64
_NO_TAG = b""


class BindOutcome(enum.Enum):
    """What the directory answered to an attempt.

    Attributes:
        RIGHT: The password is right.
        WRONG: The password is wrong, or there is no such account.
        REFUSED: The account may not log in, whatever the password.
        LOST: The answer did not come; the directory may have counted a wrong password.
        NOT_ASKED: No bind was sent.
    """

    RIGHT = "right"
    WRONG = "wrong"
    REFUSED = "refused"
    LOST = "lost"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Reservation:
    """A place in the budgets, for one bind; to be settled.

    Attributes:
        row: The pending row.
        proof: The row that exempts the attempt; None where it fitted into the budget.
    """

    row: LoginRow
    proof: LoginRow | None

    @property
    def tags(self) -> Tags:
        """What stands for the attempt; not hashed once more."""
        return Tags(self.row.account, self.row.tag, self.row.source)


class Limiter(Protocol):
    """Decides whether the directory may be asked, and learns what it answered."""

    def reserve(self, attempt: Attempt) -> Reservation | InFlight | Denied:
        """Reserve a place for one attempt, where the budgets allow it."""

    def settle(self, reservation: Reservation, outcome: BindOutcome) -> None:
        """Record what became of an attempt that was reserved."""


class StoreLimiter:
    """Counts failures in a failure store."""

    def __init__(
        self,
        store: FailureStore,
        tagger: Callable[[], Tagger],
        limits: FailureLimits,
        clock: Callable[[], float],
    ) -> None:
        """Know of nothing but what the store holds.

        Args:
            store: Where rows are kept.
            tagger: Returns what makes tags; may raise StateUnavailable.
            limits: How much the directory may see.
            clock: Seconds since 1970.
        """
        self._store, self._tagger, self._limits, self._clock = store, tagger, limits, clock
        self._lock = threading.Lock()
        self._guessed: TTLCache[bytes, None] = TTLCache(_MOST_TAGS, limits.window, clock)
        # a wrong login stays wrong until its time is over: the store need not be asked again
        self._wrong: TLRUCache[bytes, float] = TLRUCache(_MOST_TAGS, lambda _key, until, _now: until, clock)

    def reserve(self, attempt: Attempt) -> Reservation | InFlight | Denied:
        """Reserve a place for one attempt, where the budgets allow it.

        Raises:
            StateUnavailable: The store does not work.
        """
        tags, now = self._tagger().tags(attempt), self._clock()
        with self._lock:
            until = self._wrong.get(tags.login)
        if until is not None:
            return Denied(Spared.REMEMBERED_FAILURE, until - now)
        verdict = self._store.transact(
            tags.account, tags.source, now, lambda rows: self._reserve(rows, tags, now)
        )
        if isinstance(verdict, Denied) and verdict.reason is Spared.REMEMBERED_FAILURE and verdict.seconds:
            with self._lock:
                self._wrong[tags.login] = now + verdict.seconds
        return verdict

    def record(self, attempt: Attempt) -> Reservation:
        """Record an attempt that another limiter has allowed.

        Raises:
            StateUnavailable: The store does not work.
        """
        tags, now = self._tagger().tags(attempt), self._clock()
        return self._store.transact(
            tags.account, tags.source, now, lambda rows: self._add(rows, tags, now, None)
        )

    def settle(self, reservation: Reservation, outcome: BindOutcome) -> None:
        """Record what became of an attempt that was reserved.

        Raises:
            StateUnavailable: The store does not work.
        """
        tags, now = reservation.tags, self._clock()
        self._store.transact(
            tags.account, tags.source, now, lambda rows: self._settle(rows, reservation, outcome, now)
        )

    def _reserve(self, rows: AccountRows, tags: Tags, now: float) -> Reservation | InFlight | Denied:
        limits = self._limits
        verdict = budget.decide(
            rows.all(), lambda: SourceFailures(*rows.source(now - limits.window)), tags, limits, now
        )
        if isinstance(verdict, Allowed) and verdict.proof is None and rows.is_full():
            return Denied(Spared.MEMORY_FULL, _FULL_SECONDS)
        if isinstance(verdict, Allowed):
            return self._add(rows, tags, now, verdict.proof)
        if isinstance(verdict, Denied) and verdict.guessed is not None and self._is_new_guess(tags):
            guesses, since = budget.count_guess(verdict.guessed, limits, now)
            rows.change(replace(verdict.guessed, guesses=guesses, guessed_since=since))
        return verdict

    def _is_new_guess(self, tags: Tags) -> bool:
        """Whether this process has not denied the same password before: a repetition tells nothing new."""
        with self._lock:
            known = tags.login in self._guessed
            self._guessed[tags.login] = None
        return not known

    def _add(self, rows: AccountRows, tags: Tags, now: float, proof: LoginRow | None) -> Reservation:
        until = now + self._limits.kept
        row = LoginRow(0, tags.account, tags.login, tags.source, LoginState.PENDING, now, until)
        return Reservation(replace(row, id=rows.add(row)), proof)

    def _settle(self, rows: AccountRows, reservation: Reservation, outcome: BindOutcome, now: float) -> None:
        row, until = reservation.row, now + self._limits.kept
        match outcome:
            case BindOutcome.RIGHT:
                self._prove(rows, reservation, now)
            case BindOutcome.WRONG:
                _put(rows, rows.all(), row, replace(row, state=LoginState.WRONG, at=now, until=until))
                if reservation.proof is not None:
                    rows.remove(0, proofs_of=reservation.tags.proof)
            case BindOutcome.REFUSED:
                rows.remove(row.id, proofs_but=_NO_TAG)
            case BindOutcome.LOST if reservation.proof is None:
                rows.change(replace(row, state=LoginState.LOST, at=now, until=until))
            case _:
                rows.remove(row.id)

    def _prove(self, rows: AccountRows, reservation: Reservation, now: float) -> None:
        """Record that a password is right. A proof that exists is renewed only now and then."""
        row, tags, lifetime = reservation.row, reservation.tags, self._limits.known_good
        proof = reservation.proof
        if proof is None and lifetime:
            known = rows.all()
            proof = _proof_of(known, tags)  # an attempt that was only recorded does not bring its proof
            if proof is None:
                new = replace(row, tag=tags.proof, state=LoginState.PROOF, at=now, until=now + lifetime)
                _become_proof(rows, known, row, new)
                return
        rows.remove(row.id, proofs_but=tags.proof)
        if proof is not None and proof.at < now - lifetime / _RENEWALS:
            rows.change(replace(proof, at=now, until=now + lifetime))


def _become_proof(rows: AccountRows, known: Sequence[LoginRow], row: LoginRow, proof: LoginRow) -> None:
    """Make the row of an attempt the proof that its password is right."""
    proofs = [each for each in known if each.state is LoginState.PROOF]
    if any(each.tag != proof.tag for each in proofs):
        rows.remove(0, proofs_but=proof.tag)
    same = sorted((each for each in proofs if each.tag == proof.tag), key=lambda each: each.at)
    for oldest in same[: max(0, len(same) - _MOST_PROOFS + 1)]:  # every login reads all of them
        rows.remove(oldest.id)
    _put(rows, known, row, proof)


def _put(rows: AccountRows, known: Sequence[LoginRow], row: LoginRow, changed: LoginRow) -> None:
    """Change a row, or add it again: it may have been swept, where the answer came after a very long time."""
    if row in known:
        rows.change(changed)
    else:
        rows.add(changed)


def _proof_of(rows: Sequence[LoginRow], tags: Tags) -> LoginRow | None:
    """Return the proof that the password of an attempt is right, from its source."""
    proofs = (row for row in rows if row.state is LoginState.PROOF)
    return next((row for row in proofs if (row.tag, row.source) == (tags.proof, tags.source)), None)
