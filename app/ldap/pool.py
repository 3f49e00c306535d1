"""A bounded pool of connections, which are opened when they are first needed."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.errors import DirectoryUnavailable, Fault
from app.ldap.connection import Connection
from app.ldap.deadline import Deadline
from app.ldap.settings import PoolSettings

_JITTER = 0.2


class Pool:
    """Lends up to `size` connections at once, and keeps as many for later.

    A connection is lent again only while it is young, was used lately, and the server has sent nothing since.
    After any exception it is closed: nobody can know what the server would answer next.
    """

    def __init__(
        self,
        connect: Callable[[Deadline], Connection],
        is_spent: Callable[[Connection], bool],
        size: int,
        settings: PoolSettings,
    ) -> None:
        """Make an empty pool.

        Args:
            connect: Opens a connection that is ready for use.
            is_spent: Whether an idle connection must not be used any more.
            size: How many may be lent at once, and how many are kept.
            settings: How long to wait for one, how old one may get, and how long it may be idle.
        """
        self._connect, self._is_spent = connect, is_spent
        self._size = size
        self._slots = threading.BoundedSemaphore(size)
        self._idle: deque[tuple[Connection, float]] = deque()
        self._settings = settings

    @contextmanager
    def lend(self, deadline: Deadline, *, fresh: bool = False, keep: bool = True) -> Iterator[Connection]:
        """Lend a connection for the length of a `with`.

        Args:
            deadline: Of the whole operation; waiting for a turn counts.
            fresh: Whether to open a new one.
            keep: Whether it may be lent again afterwards.

        Raises:
            DirectoryUnavailable: All were busy for too long, or none could be opened.
        """
        patience = min(self._settings.wait.total_seconds(), deadline.remaining())
        if not self._slots.acquire(timeout=patience):
            raise DirectoryUnavailable(
                Fault("every connection to the directory is busy", "raise directory.pool")
            )
        try:
            connection, retires = (None if fresh else self._reuse()) or self._open(deadline)
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            if keep:
                self._idle.append((connection, retires))
                self._close_oldest()
            else:
                connection.close()
        finally:
            self._slots.release()

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop()[0].close()

    def _open(self, deadline: Deadline) -> tuple[Connection, float]:
        lifetime = self._settings.lifetime.total_seconds()
        retires = time.monotonic() + lifetime * random.uniform(1 - _JITTER, 1)  # noqa: S311 - spreads load
        return self._connect(deadline), retires

    def _reuse(self) -> tuple[Connection, float] | None:
        """Return the idle connection that was used last, and close those that cannot be used any more."""
        while self._idle:
            try:
                connection, retires = self._idle.pop()
            except IndexError:
                return None
            if self._is_usable(connection, retires):
                connection.reused = True
                return connection, retires
            connection.close()
        return None

    def _close_oldest(self) -> None:
        """Close the connection that was idle for the longest time, if it is one too many or unusable."""
        if len(self._idle) == 1:
            return  # it has just come back
        try:
            connection, retires = self._idle.popleft()
        except IndexError:
            return
        if len(self._idle) < self._size and self._is_usable(connection, retires):
            self._idle.appendleft((connection, retires))
        else:
            connection.close()

    def _is_usable(self, connection: Connection, retires: float) -> bool:
        now = time.monotonic()
        return (
            now < retires
            and now - connection.used < self._settings.idle_check.total_seconds()
            and not self._is_spent(connection)
            and connection.is_quiet()
        )
