"""What spares the directory, and the accounts in it.

Identical logins at once are one, and a good one is remembered for a while: one push makes a dozen token
requests within seconds. Whether the directory may be asked about any other is for `failures.py` to say.

Passwords are kept nowhere: what is remembered is keyed by a keyed hash whose key lives and dies with the
process.
"""

from __future__ import annotations

import hashlib
import math
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from cachetools import TTLCache

from app.directory.names import TypedName
from app.directory.subject import DirectorySubject
from app.errors import AnswerLost, Code, DirectoryUnavailable, Refusal, WharfingerError
from app.login.attempt import Attempt, source_of
from app.login.budget import Spared, Stop, Wait
from app.login.failures import FailureMemory, Outcome, Ticket
from app.login.floor import Floor
from app.login.login import Circumstances
from app.login.settings import ShieldSettings
from app.protocol.credentials import WRONG_CREDENTIALS, Credentials
from app.protocol.request import Client
from app.protocol.secret import Secret

Answer = DirectorySubject | Refusal
_TURN_SECONDS = 0.25
_FIRST_LOOK_SECONDS, _LAST_LOOK_SECONDS = 0.005, 0.05
_SOON = timedelta(seconds=3)
_CLIENTS_PATIENCE = timedelta(seconds=14)


class Directory(Protocol):
    """What the shield stands before."""

    def read_name(self, typed: str) -> TypedName | Refusal:
        """Read a typed name, which is refused where nobody can have it."""

    def authenticate(self, name: TypedName, password: Secret) -> Answer:
        """Find out who somebody is.

        Raises:
            WharfingerError: It could not be found out.
        """


class Shield:
    """Stands before a directory and answers like it."""

    def __init__(
        self,
        directory: Directory,
        settings: ShieldSettings,
        failures: FailureMemory,
        *,
        login_timeout: timedelta,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        """Make one that remembers nothing yet.

        Args:
            directory: What to ask.
            settings: How long and how much is remembered.
            failures: Says whether the directory may be asked.
            login_timeout: The longest that the directory takes.
            clock: Monotonic seconds.
            sleep: Waits for seconds.
        """
        self._directory, self._failures = directory, failures
        self._floor = Floor(settings.failure_floor, settings.failures_waiting, clock=clock, sleep=sleep)
        self._turns = threading.BoundedSemaphore(settings.concurrent)
        self._patience = min(_SOON, _CLIENTS_PATIENCE - login_timeout).total_seconds()
        self._clock, self._sleep = clock, sleep
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._flights: dict[bytes, Future[Answer]] = {}
        lifetime = settings.remember.total_seconds()
        self._remembered: TTLCache[bytes, tuple[str, DirectorySubject]] = TTLCache(
            settings.remembered, lifetime, clock
        )

    def claims(self, credentials: Credentials) -> bool:  # noqa: ARG002 - whatever they are
        """Claim everything: a name and a password that are no other kind are for the directory."""
        return True

    def authenticate(self, credentials: Credentials, circumstances: Circumstances) -> Answer:
        """Find out who somebody is, from memory where that can be.

        Raises:
            WharfingerError: It could not be found out.
        """
        start = self._clock()
        answer = self._answer(credentials, circumstances.client)
        if isinstance(answer, Refusal) and not answer.proved:
            self._floor.wait(start)
        return answer

    def _answer(self, credentials: Credentials, client: Client) -> Answer:
        name = self._directory.read_name(credentials.username)
        if isinstance(name, Refusal):
            return name
        attempt = Attempt(name, credentials.password, source_of(client.address))
        key = self._digest(attempt)
        with self._lock:
            known = self._remembered.get(key)
        if known is not None:
            return known[1]
        # a directory that hangs must not hold every thread of the server
        if not self._turns.acquire(timeout=_TURN_SECONDS):
            raise DirectoryUnavailable("as many logins wait for the directory as shield.concurrent allows")
        try:
            answer = self._ask(key, attempt)
        finally:
            self._turns.release()
        return replace(answer, account=name.account) if isinstance(answer, Refusal) else answer

    def _ask(self, key: bytes, attempt: Attempt) -> Answer:
        """Ask the directory, or wait for the answer to whoever asks it the same already."""
        with self._lock:
            known = self._remembered.get(key)
            if known is not None:
                return known[1]
            flight = self._flights.get(key)
            leads = flight is None
            if flight is None:
                flight = self._flights[key] = Future()
        if leads:
            self._fly(key, flight, attempt)
        return _land(flight)

    def _digest(self, attempt: Attempt) -> bytes:
        digest = hashlib.blake2b(key=self._key, digest_size=32)
        # the name as typed: whether another spelling is good too, the directory alone can say;
        # the source too: elsewhere nobody can try passwords against what is remembered
        for part in (attempt.name.plain.encode(), attempt.source.encode(), attempt.password.octets()):
            digest.update(len(part).to_bytes(4, "big") + part)
        return digest.digest()

    def _fly(self, key: bytes, flight: Future[Answer], attempt: Attempt) -> None:
        """Ask the directory for everybody who waits for the same login."""
        answer: Answer | None = None
        try:
            answer = self._ask_if_allowed(attempt)
        except BaseException as error:  # noqa: BLE001 - it is raised again where the flight lands
            flight.set_exception(error)
        with self._lock:
            if isinstance(answer, DirectorySubject):
                self._remembered[key] = (attempt.name.account, answer)
            del self._flights[key]
        if answer is not None:
            flight.set_result(answer)

    def _ask_if_allowed(self, attempt: Attempt) -> Answer:
        verdict = self._admit(attempt)
        if isinstance(verdict, Stop):
            if verdict.closed:
                self._forget(attempt.name.account)
            return _refusal(verdict)
        outcome = Outcome.NOT_ASKED
        try:
            answer = self._directory.authenticate(attempt.name, attempt.password)
            outcome = _outcome(answer)
        except AnswerLost:
            outcome = Outcome.LOST
            raise
        finally:
            self._failures.settle(verdict, outcome)
        if outcome is Outcome.NOT_NOW:
            self._forget(attempt.name.account)
        return answer

    def _admit(self, attempt: Attempt) -> Ticket | Stop:
        """Get leave to ask; while another process asks the same, wait for what comes of it.

        Raises:
            DirectoryUnavailable: It took too long.
        """
        end, pause = self._clock() + self._patience, _FIRST_LOOK_SECONDS
        while isinstance(verdict := self._failures.admit(attempt), Wait):
            if self._clock() >= end:
                raise DirectoryUnavailable("another process has been asking the same for too long")
            self._sleep(pause)
            pause = min(2 * pause, _LAST_LOOK_SECONDS)
        return verdict

    def _forget(self, account: str) -> None:
        """Forget the good logins of an account."""
        with self._lock:
            for key, (whose, _) in list(self._remembered.items()):
                if whose == account:
                    self._remembered.pop(key, None)  # its time may be over since


def _outcome(answer: Answer) -> Outcome:
    if isinstance(answer, DirectorySubject):
        return Outcome.RIGHT
    return Outcome.WRONG if answer.code is Code.WRONG_CREDENTIALS else Outcome.NOT_NOW


def _refusal(stop: Stop) -> Refusal:
    """Say no for the directory, which was not asked."""
    if stop.why is Spared.REMEMBERED_FAILURE:
        detail = "a login that the directory refused a short while ago"
        return Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, detail, spared=stop.why)
    text = "Too many logins have failed. Wait a while, then check your password and log in again."
    return Refusal(Code.TOO_MANY_FAILURES, text, spared=stop.why, retry_after=max(1, math.ceil(stop.seconds)))


def _land(flight: Future[Answer]) -> Answer:
    """Take the answer; everybody who waited for a failure gets an exception of their own."""
    error = flight.exception()
    if error is None:
        return flight.result()
    if isinstance(error, WharfingerError):
        raise type(error)(error.detail)
    raise error
