"""The shared state as the rest of the program sees it. It is opened when it is first needed.

SQLAlchemy is imported only then, so that a command that keeps no state stays quick.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from app.state import secret
from app.state.rows import DenialRow
from app.state.settings import StateSettings

if TYPE_CHECKING:
    from app.state.database import Database
    from app.state.denials import SqlDenials
    from app.state.logins import SqlAccountRows, SqlFailureStore

T = TypeVar("T")


class SharedState:
    """What the processes of all servers share."""

    def __init__(
        self, settings: StateSettings, report_clocks: Callable[[float], object] = lambda _: None
    ) -> None:
        """Connect to nothing yet, so that the process may fork afterwards.

        Args:
            settings: Where the state is kept.
            report_clocks: Gets how many seconds this server's clock and the database's are apart.
        """
        self._settings, self._report_clocks = settings, report_clocks
        self._lock = threading.Lock()
        self._opened: tuple[Database, SqlFailureStore] | None = None
        self._denials: tuple[Database, SqlDenials] | None = None
        self._key: bytes | None = None

    def bring_up_to_date(self) -> None:
        """Make the tables, or change them to those that this version reads and writes; leave nothing open.

        Raises:
            ConfigurationError: They are a newer version's.
            StateUnavailable: The database does not work just now.
        """
        from app.state import prepare  # noqa: PLC0415 - it brings SQLAlchemy

        prepare.check(self._settings)

    def key(self) -> bytes:
        """Return the key of what is kept.

        Raises:
            StateUnavailable: It cannot be read or made.
        """
        if self._key is None:
            self._key = secret.key(self._settings)
        return self._key

    def transact(self, account: bytes, source: bytes, now: float, work: Callable[[SqlAccountRows], T]) -> T:
        """Work on the rows of an account; nobody else changes them or the source's failures meanwhile.

        Raises:
            StateUnavailable: The work was not done in time. It may have been done nevertheless.
        """
        return self._open()[1].transact(account, source, now, work)

    def keep_denials(self, rows: Sequence[DenialRow]) -> None:
        """Keep refusals that people were told.

        Raises:
            StateUnavailable: They were not kept in time. They may be nevertheless.
        """
        self.denials().add(rows)

    def denials(self) -> SqlDenials:
        """Return the refusals that are kept; their database is another connection than that of logins.

        So no login waits for them, and where they cannot be written, logins are still counted.
        """
        if self._denials is None:
            from app.state.database import Database  # noqa: PLC0415 - it brings SQLAlchemy
            from app.state.denials import SqlDenials  # noqa: PLC0415 - it too

            with self._lock:
                if self._denials is None:
                    database = Database(self._settings)
                    self._denials = database, SqlDenials(database)
        return self._denials[1]

    def accept_rules(self, realm: str, version: str) -> None:
        """Note for all servers that rules of a realm are accepted, in place of those that were before.

        Raises:
            StateUnavailable: It was not noted in time.
        """
        from app.state import accepted  # noqa: PLC0415 - it brings SQLAlchemy

        accepted.accept(self._open()[0], realm, version)

    def has_accepted_rules(self, realm: str, version: str) -> bool:
        """Whether rules of a realm are accepted.

        Raises:
            StateUnavailable: It is not known.
        """
        from app.state import accepted  # noqa: PLC0415 - it brings SQLAlchemy

        return accepted.is_accepted(self._open()[0], realm, version)

    def ping(self) -> None:
        """Find out whether the state works.

        Raises:
            StateUnavailable: It does not.
        """
        self.key()
        self._open()[0].ping()

    def close(self) -> None:
        """Close the connections; the state can still be used, and opens new ones."""
        for opened in (self._opened, self._denials):
            if opened is not None:
                opened[0].close()

    def _open(self) -> tuple[Database, SqlFailureStore]:
        if self._opened is None:
            from app.state.clock import ClockCheck  # noqa: PLC0415 - it brings SQLAlchemy
            from app.state.database import Database  # noqa: PLC0415 - it brings SQLAlchemy
            from app.state.logins import SqlFailureStore  # noqa: PLC0415 - it too

            with self._lock:
                if self._opened is None:
                    database = Database(self._settings)
                    self._opened = database, SqlFailureStore(database, ClockCheck(self._report_clocks))
        return self._opened
