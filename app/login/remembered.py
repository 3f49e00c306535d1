"""What logins came to, remembered for a while by one process: a push makes a dozen token requests in seconds.

Passwords are kept nowhere: what is remembered is keyed by a keyed hash, whose key lives and dies with the
process.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

from app.login.attempt import Attempt

Answer = TypeVar("Answer")


class RememberedLogins(Generic[Answer]):
    """What came of the logins of late, by what was typed and from where."""

    def __init__(self, most: int, lifetime: timedelta, clock: Callable[[], float]) -> None:
        """Remember nothing yet.

        Args:
            most: How many logins are remembered; further ones push the oldest out.
            lifetime: How long.
            clock: Monotonic seconds.
        """
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._most, self._seconds, self._clock = most, lifetime.total_seconds(), clock
        self._logins: OrderedDict[bytes, tuple[float, str, Answer]] = OrderedDict()
        """By key, with the moment from which they count no more; the oldest first."""

    def key(self, attempt: Attempt) -> bytes:
        """Return what an attempt is remembered by.

        The name is in it as typed: only the directory can say whether another spelling is good too. The
        source is in it so that nobody elsewhere can try passwords against what is remembered.
        """
        digest = hashlib.blake2b(key=self._key, digest_size=32)
        # the UPN may be another person's than the name before its @
        name = attempt.name.upn or attempt.name.plain
        for part in (name.encode(), attempt.source.encode(), attempt.password.octets()):
            digest.update(len(part).to_bytes(4, "big") + part)
        return digest.digest()

    def get(self, key: bytes) -> Answer | None:
        """Return what came of such a login; None where there was none lately."""
        known = self._logins.get(key)
        return known[2] if known is not None and self._clock() < known[0] else None

    def add(self, key: bytes, account: str, answer: Answer) -> None:
        """Remember a login, and forget those that have become too old or too many."""
        now = self._clock()
        with self._lock:
            self._logins.pop(key, None)
            self._logins[key] = now + self._seconds, account, answer
            while len(self._logins) > self._most or next(iter(self._logins.values()))[0] <= now:
                self._logins.popitem(last=False)
                if not self._logins:
                    break

    def forget(self, account: str) -> None:
        """Forget the logins of an account."""
        with self._lock:
            for key in [key for key, (_, whose, _) in self._logins.items() if whose == account]:
                del self._logins[key]
