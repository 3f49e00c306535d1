"""What spares the directory: identical logins at once are one, and a good one is remembered for a while.

One push makes a dozen token requests within seconds. Passwords are kept nowhere: what is remembered is keyed
by a keyed hash whose key lives and dies with the process.
"""

from __future__ import annotations

import hashlib
import random
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol

from cachetools import TTLCache

from app.directory.subject import DirectorySubject
from app.errors import Code, DirectoryUnavailable, Refusal, WharfingerError
from app.login.settings import ShieldSettings
from app.protocol.credentials import Credentials

Answer = DirectorySubject | Refusal
_JITTER = 0.2
_PATIENCE_SECONDS = 0.25
_FLOORED = frozenset({Code.WRONG_CREDENTIALS, Code.ACCOUNT_LOCKED})


class Directory(Protocol):
    """What the shield stands before."""

    def authenticate(self, credentials: Credentials) -> Answer:
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
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        """Make an empty one.

        Args:
            directory: What to ask.
            settings: How long and how much is remembered.
            clock: Monotonic seconds.
            sleep: Waits for seconds.
        """
        self._directory = directory
        self._floor = settings.failure_floor.total_seconds()
        self._turns = threading.BoundedSemaphore(settings.concurrent)
        self._waiting = threading.BoundedSemaphore(settings.failures_waiting)
        self._clock, self._sleep = clock, sleep
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._flights: dict[bytes, Future[Answer]] = {}
        lifetime = settings.remember.total_seconds()
        self._remembered: TTLCache[bytes, DirectorySubject] = TTLCache(settings.remembered, lifetime, clock)

    def authenticate(self, credentials: Credentials) -> Answer:
        """Find out who somebody is, from memory where that can be.

        Raises:
            WharfingerError: It could not be found out.
        """
        start = self._clock()
        key = self._digest(credentials)
        with self._lock:
            known = self._remembered.get(key)
        if known is not None:
            return known
        # a directory that hangs must not hold every thread of the server
        if not self._turns.acquire(timeout=_PATIENCE_SECONDS):
            raise DirectoryUnavailable("as many logins wait for the directory as shield.concurrent allows")
        try:
            answer = self._ask(key, credentials)
        finally:
            self._turns.release()
        if isinstance(answer, Refusal) and answer.code in _FLOORED:
            self._wait(start)
        return answer

    def _ask(self, key: bytes, credentials: Credentials) -> Answer:
        """Ask the directory, or wait for the answer to whoever asks it the same already."""
        with self._lock:
            known = self._remembered.get(key)
            if known is not None:
                return known
            flight = self._flights.get(key)
            leads = flight is None
            if flight is None:
                flight = self._flights[key] = Future()
        if leads:
            self._fly(key, flight, credentials)
        return _land(flight)

    def _digest(self, credentials: Credentials) -> bytes:
        name = credentials.username.encode()
        text = len(name).to_bytes(4, "big") + name + credentials.password.octets()
        return hashlib.blake2b(text, key=self._key, digest_size=32).digest()

    def _fly(self, key: bytes, flight: Future[Answer], credentials: Credentials) -> None:
        """Ask the directory for everybody who waits for the same login."""
        answer: Answer | None = None
        try:
            answer = self._directory.authenticate(credentials)
            flight.set_result(answer)
        except BaseException as error:  # noqa: BLE001 - it is raised again where the flight lands
            flight.set_exception(error)
        with self._lock:
            if isinstance(answer, DirectorySubject):
                self._remembered[key] = answer
            del self._flights[key]

    def _wait(self, start: float) -> None:
        """Let a refusal take as long as any other; never let refusals hold all the threads."""
        rest = start + self._floor * (1 + random.uniform(0, _JITTER)) - self._clock()  # noqa: S311 - blurs, hides nothing
        if rest > 0 and self._waiting.acquire(blocking=False):
            try:
                self._sleep(rest)
            finally:
                self._waiting.release()


def _land(flight: Future[Answer]) -> Answer:
    """Take the answer; everybody who waited for a failure gets an exception of their own."""
    error = flight.exception()
    if error is None:
        return flight.result()
    if isinstance(error, WharfingerError):
        raise type(error)(error.detail)
    raise error
