"""Spares the directory, and the accounts in it.

Identical logins at once are one login at the directory, and a good one is remembered for a while. Whether the
directory may be asked about any other is for `limiter.py` to say.
"""

from __future__ import annotations

import copy
import math
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from typing import Protocol, TypeAlias

from app.directory.names import TypedName
from app.directory.subject import DirectorySubject
from app.errors import AnswerLost, Code, DirectoryUnavailable, Refusal, WharfingerError
from app.login.attempt import Attempt, source_of
from app.login.budget import Denied, InFlight, Spared
from app.login.floor import FailureFloor
from app.login.limiter import Limiter
from app.login.login import Circumstances
from app.login.remembered import RememberedLogins
from app.login.settings import ShieldSettings
from app.login.settlement import BindOutcome, Reservation
from app.protocol.credentials import WRONG_CREDENTIALS, Credentials
from app.protocol.secret import Secret
from app.single_flight import SingleFlight

PersonOrRefusal: TypeAlias = DirectorySubject | Refusal
_TURN_SECONDS = 0.25
_FIRST_LOOK_SECONDS, _LAST_LOOK_SECONDS = 0.005, 0.05
_PATIENCE = timedelta(seconds=3)
_CLIENTS_PATIENCE = timedelta(seconds=14)
_TOO_MANY = "Too many logins have failed. Wait a while, then check your password and log in again."
_TOO_MANY_REFUSALS = Refusal(Code.TOO_MANY_FAILURES, _TOO_MANY, spared=Spared.REFUSALS_WAITING, retry_after=1)
"""Instead of a refusal that finds no place to wait; the directory was not asked."""


class Directory(Protocol):
    """What the shield stands before."""

    def read_name(self, typed: str) -> TypedName | Refusal:
        """Read a typed name, which is refused where nobody can have it."""

    def resolve(self, name: TypedName, within: timedelta) -> TypedName:
        """Return the name of the account that is meant by a typed name; no password is tried.

        Raises:
            WharfingerError: It could not be found out.
        """

    def authenticate(self, name: TypedName, password: Secret) -> PersonOrRefusal:
        """Find out who somebody is.

        Raises:
            WharfingerError: It could not be found out.
        """


class Shield:
    """Authenticates people by a directory, and asks it as seldom as it can."""

    def __init__(
        self,
        directory: Directory,
        settings: ShieldSettings,
        limiter: Limiter,
        *,
        login_timeout: timedelta,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        """Remember nothing yet.

        Args:
            directory: What to ask.
            settings: How long and how much is remembered.
            limiter: Says whether the directory may be asked.
            login_timeout: The longest that the directory takes.
            clock: Monotonic seconds.
            sleep: Waits for seconds.
        """
        self._directory, self._limiter = directory, limiter
        self._floor = FailureFloor(
            settings.failure_floor, settings.failures_waiting, clock=clock, sleep=sleep
        )
        self._turns = threading.BoundedSemaphore(settings.concurrent)
        self._patience = min(_PATIENCE, _CLIENTS_PATIENCE - login_timeout).total_seconds()
        self._clock, self._sleep = clock, sleep
        remembered = settings.remembered, settings.remember, clock
        self._remembered: RememberedLogins[DirectorySubject] = RememberedLogins(*remembered)
        # apart, so that nobody can push good logins out by guessing at a locked account
        self._refused: RememberedLogins[Refusal] = RememberedLogins(*remembered)
        self._flights: SingleFlight[bytes, PersonOrRefusal] = SingleFlight()

    def claims(self, credentials: Credentials) -> bool:  # noqa: ARG002 - whatever they are
        """Claim everything: a name and a password that are no other kind are for the directory."""
        return True

    def authenticate(self, credentials: Credentials, circumstances: Circumstances) -> PersonOrRefusal:
        """Find out who somebody is, from memory where that can be.

        Raises:
            WharfingerError: It could not be found out.
        """
        start = self._clock()
        name = self._directory.read_name(credentials.username)
        if isinstance(name, Refusal):
            return name if self._floor.wait_in_place(start) else _TOO_MANY_REFUSALS
        attempt = Attempt(name, credentials.password, source_of(circumstances.client.address))
        answer = self._authenticate(attempt, start)
        if not isinstance(answer, Refusal):
            return answer
        if answer.spared and not self._floor.wait_in_place(start):
            # sooner than others, but whatever the account is like
            return replace(_TOO_MANY_REFUSALS, account=answer.account)
        return answer

    def _authenticate(self, attempt: Attempt, start: float) -> PersonOrRefusal:
        """Find out who somebody is; a refusal of the directory waits for the floor in its turn."""
        key = self._remembered.key(attempt)
        known = self._known(key)
        if known is not None:
            return known
        # a directory that hangs must not hold every thread of the server
        if not self._turns.acquire(timeout=_TURN_SECONDS):
            raise DirectoryUnavailable("as many logins wait for the directory as shield.concurrent allows")
        try:
            answer = _result(self._flights.join(key, lambda: self._ask(key, attempt)))
            if isinstance(answer, Refusal) and not answer.spared and not answer.proved:
                self._floor.wait(start)
        finally:
            self._turns.release()
        return answer

    def _ask(self, key: bytes, attempt: Attempt) -> PersonOrRefusal:
        """Find out for everybody who waits for the same login."""
        known = self._known(key)  # of a flight that has ended just now
        if known is not None:
            return known
        end = self._clock() + self._patience
        name = self._directory.resolve(attempt.name, timedelta(seconds=self._patience))
        answer = self._ask_if_allowed(replace(attempt, name=name), end)
        if not isinstance(answer, Refusal):
            self._remembered.add(key, name.account, answer)
            return answer
        answer = replace(answer, account=name.account)
        if not answer.spared and _outcome(answer) is BindOutcome.REFUSED:
            self._refused.add(key, name.account, replace(answer, spared=Spared.REMEMBERED_REFUSAL))
        return answer

    def _known(self, key: bytes) -> PersonOrRefusal | None:
        """Return what came of the same login a short while ago; None where the directory has to be asked."""
        return self._remembered.get(key) or self._refused.get(key)

    def _ask_if_allowed(self, attempt: Attempt, end: float) -> PersonOrRefusal:
        reservation = self._reserve(attempt, end)
        if isinstance(reservation, Denied):
            if reservation.exhausted:
                self._remembered.forget(attempt.name.account)
            return _refusal(reservation)
        outcome = BindOutcome.NOT_ASKED
        try:
            answer = self._directory.authenticate(attempt.name, attempt.password)
            outcome = _outcome(answer)
        except AnswerLost:
            outcome = BindOutcome.LOST
            raise
        finally:
            self._limiter.settle(reservation, outcome)
        if outcome is BindOutcome.REFUSED:
            self._remembered.forget(attempt.name.account)
        return answer

    def _reserve(self, attempt: Attempt, end: float) -> Reservation | Denied:
        """Reserve a place in the budgets; while another process asks the same, wait for what comes of it.

        At `end` the attempt is reserved beside the other one: that process may be gone.
        """
        pause = _FIRST_LOOK_SECONDS
        while isinstance(verdict := self._limiter.reserve(attempt, waits=self._clock() < end), InFlight):
            self._sleep(pause)
            pause = min(2 * pause, _LAST_LOOK_SECONDS)
        return verdict


def _outcome(answer: PersonOrRefusal) -> BindOutcome:
    if isinstance(answer, DirectorySubject):
        return BindOutcome.RIGHT
    return BindOutcome.WRONG if answer.code is Code.WRONG_CREDENTIALS else BindOutcome.REFUSED


def _refusal(denied: Denied) -> Refusal:
    """Refuse for the directory, which was not asked."""
    reason = denied.reason
    if reason is Spared.REMEMBERED_FAILURE:
        detail = "a login that the directory refused a short while ago"
        return Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, detail, spared=reason)
    seconds = max(1, math.ceil(denied.seconds))
    return Refusal(Code.TOO_MANY_FAILURES, _TOO_MANY, spared=reason, retry_after=seconds)


def _result(flight: Future[PersonOrRefusal]) -> PersonOrRefusal:
    """Return what comes of a flight; everybody who waited for a fault gets an exception of their own."""
    error = flight.exception()
    if error is None:
        return flight.result()
    raise copy.copy(error) if isinstance(error, WharfingerError) else error
