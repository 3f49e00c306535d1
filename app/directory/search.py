"""Search connections, bound as the service account."""

from __future__ import annotations

import threading
import time

from app.directory import outcome
from app.directory.connection import Connection, Query, Result
from app.directory.deadline import Deadline
from app.directory.pool import Pool
from app.directory.servers import Servers
from app.directory.settings import DirectorySettings, ServiceAccountSettings
from app.errors import DirectoryMisconfigured, DirectoryUnavailable
from app.protocol.secret import Secret

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0


class ServiceAccount:
    """Binds as the service account; after a wrong password it waits, so that it does not lock itself out."""

    def __init__(self, settings: ServiceAccountSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._pause = 0.0
        self._next_try = 0.0

    def bind(self, connection: Connection, deadline: Deadline) -> None:
        """Bind a fresh connection.

        Raises:
            DirectoryMisconfigured: The directory does not take the password, or did not a moment ago.
            DirectoryUnavailable: The directory could not tell.
        """
        if self._pause:
            with self._lock:  # one prober at a time
                self._bind(connection, deadline)
        else:
            self._bind(connection, deadline)

    def _bind(self, connection: Connection, deadline: Deadline) -> None:
        if time.monotonic() < self._next_try:
            raise DirectoryMisconfigured(
                "the service account's password was refused; waiting before the next try"
            )
        result = connection.bind(self._settings.dn, self._password(), deadline)
        if result.code == outcome.SUCCESS:
            self._pause = 0.0
            return
        if result.code != outcome.INVALID_CREDENTIALS:
            raise outcome.failure(result, "the bind of the service account")
        self._pause = min(max(self._pause * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
        self._next_try = time.monotonic() + self._pause
        detail = f"the directory refuses the service account {self._settings.dn}: check its DN and password"
        raise DirectoryMisconfigured(detail)

    def _password(self) -> Secret:
        """Read the password anew each time: the file may have been replaced."""
        if self._settings.password_file is None:
            return Secret(self._settings.password.get_secret_value() if self._settings.password else "")
        try:
            text = self._settings.password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            detail = f"{self._settings.password_file}: the service account's password cannot be read"
            raise DirectoryMisconfigured(detail) from error
        if not text:
            raise DirectoryMisconfigured(f"{self._settings.password_file}: the file is empty")
        return Secret(text)


class Searcher:
    """Searches as the service account, over pooled connections."""

    def __init__(
        self, servers: Servers, settings: DirectorySettings, account: ServiceAccountSettings
    ) -> None:
        self._servers = servers
        self._timeout = settings.timeouts.operation
        self._account = ServiceAccount(account)
        self._pool = Pool(self._connect, servers.is_left_alone, settings.pool.search, settings.pool)

    def _connect(self, deadline: Deadline) -> Connection:
        return self._servers.connect(deadline, self._account.bind)

    def search(self, query: Query, deadline: Deadline) -> Result:
        """Search; where an old connection turns out to be dead, once more on a new one.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: The service account cannot bind.
        """
        part = deadline.within(self._timeout)
        reused = False
        try:
            with self._pool.lend(part) as connection:
                reused = connection.reused
                return connection.search(query, part)
        except DirectoryUnavailable:
            if not reused:
                raise
        with self._pool.lend(part, fresh=True) as connection:
            return connection.search(query, part)

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()

    def ping(self, deadline: Deadline) -> None:
        """Read the root DSE (RFC 4512 §5.1), which every server lets every client do.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: The service account cannot bind.
        """
        self.search(Query("", "base", "(objectClass=*)", ("supportedLDAPVersion",)), deadline)
