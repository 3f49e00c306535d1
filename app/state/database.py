"""One database, opened when it is first needed: after the fork, and again after it was away.

Where it does not answer in time the caller goes on without it, and for some seconds nobody asks it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Final, TypeVar

import sqlalchemy
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool, PoolProxiedConnection

from app.errors import StateUnavailable
from app.state.settings import StateSettings
from app.state.tables import VERSION

T = TypeVar("T")
_LEFT_ALONE_SECONDS: Final = 5.0
_CONNECTIONS: Final = 4
_MODE: Final = 0o600
_CHANGE_SECONDS: Final = 0.01
_POSTGRESQL: Final = {
    "connect_timeout": 2,  # seconds; libpq knows no less
    "keepalives_idle": 10,
    "tcp_user_timeout": 5000,
    "options": "-c statement_timeout=5000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=5000",
    "application_name": "wharfinger",
    "prepare_threshold": None,  # a pooler in between may know nothing of prepared statements
}


class Database:
    """A database that may be away."""

    def __init__(self, settings: StateSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare; connects to nothing yet."""
        self._settings = settings
        self._patience = settings.timeout.total_seconds()
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._breaker = _Breaker(clock)
        self._turn = threading.Lock()
        self._kept: Connection | None = None
        self._threads = None if settings.sqlite is not None else _Threads(_CONNECTIONS)

    def run(self, work: Callable[[Connection], T]) -> T:
        """Do something in one transaction.

        Raises:
            StateUnavailable: It could not be done in time; it may be done nevertheless.
        """
        if not self._breaker.lets_through():
            raise StateUnavailable("left alone after a failure")
        try:
            if self._threads is None:
                result = self._in_turn(work)
            else:
                result = self._threads.within(self._patience, lambda check: self._run(work, check))
        except TimeoutError:
            self._breaker.note(worked=False)
            raise StateUnavailable(f"no answer within {self._patience:g} s") from None
        except (SQLAlchemyError, OSError) as error:
            self._breaker.note(worked=False)
            raise StateUnavailable(plain(error)) from None
        except StateUnavailable:
            self._breaker.note(worked=False)
            raise
        self._breaker.note(worked=True)
        return result

    def ping(self) -> None:
        """Find out whether it works.

        Raises:
            StateUnavailable: It does not.
        """
        self.run(lambda connection: connection.execute(text("SELECT 1")))

    def close(self) -> None:
        """Close the connections; it can still be used, and opens new ones."""
        with self._turn:
            self._give_back()
        with self._lock:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()

    def _in_turn(self, work: Callable[[Connection], T]) -> T:
        """Let one thread of this process at a time to the file: a queue is fairer than SQLite's waiting."""
        if not self._turn.acquire(timeout=self._patience):
            raise TimeoutError
        try:
            if self._kept is None:  # to take one from the pool each time costs more than a statement
                self._kept = self._opened().connect()
            with self._kept.begin():
                return work(self._kept)
        except BaseException:
            self._give_back()
            raise
        finally:
            self._turn.release()

    def _give_back(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    def _run(self, work: Callable[[Connection], T], check: Callable[[], None]) -> T:
        with self._opened().begin() as connection:
            result = work(connection)
            check()
            return result

    def _opened(self) -> Engine:
        if self._engine is None:
            with self._lock:
                if self._engine is None:
                    self._engine = self._open()
        return self._engine

    def _open(self) -> Engine:
        from app.state import prepare  # noqa: PLC0415 - it needs this module

        made = engine(self._settings)
        with made.begin() as connection:
            is_ready = prepare.version_of(connection) == VERSION
        if not is_ready:
            prepare.bring_up_to_date(self._settings)
        return made


class _Breaker:
    """Spares a database that has just failed, and its users the wait; then lets one of them try."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._closed_until = 0.0
        self._has_failed = False

    def lets_through(self) -> bool:
        """Tell whether to ask; whoever is told so first after a failure tries for the others."""
        with self._lock:
            now = self._clock()
            if now < self._closed_until:
                return False
            if self._has_failed:
                self._closed_until = now + _LEFT_ALONE_SECONDS
            return True

    def note(self, *, worked: bool) -> None:
        """Take note of how it went."""
        with self._lock:
            self._has_failed = not worked
            self._closed_until = 0.0 if worked else self._clock() + _LEFT_ALONE_SECONDS


class _Threads:
    """Threads that may hang in a call without holding the caller, nor the end of the process."""

    def __init__(self, most: int) -> None:
        self._most, self._started = most, 0
        self._lock = threading.Lock()
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()

    def within(self, seconds: float, work: Callable[[Callable[[], None]], T]) -> T:
        """Have it done; what has not been begun in time is not done.

        Args:
            seconds: How long to wait for it.
            work: Is given what raises TimeoutError where nobody waits any more; to be called before what it
                does becomes final.

        Raises:
            TimeoutError: It did not end in time.
        """
        future: Future[T] = Future()
        over = threading.Event()

        def check() -> None:
            if over.is_set():
                raise TimeoutError

        with self._lock:
            if self._started < self._most:
                _start(threading.Thread(target=self._serve, name="state", daemon=True))
                self._started += 1
        self._queue.put((future, lambda: work(check)))
        try:
            return future.result(seconds)
        finally:
            over.set()
            future.cancel()

    def _serve(self) -> None:
        while True:
            future, work = self._queue.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - it is raised again where the result is asked for
                future.set_exception(error)


def _start(thread: threading.Thread) -> None:
    try:
        thread.start()
    except RuntimeError as error:  # there may be as many as the machine allows
        raise OSError(str(error)) from None


class ImmediateSqlite(SQLiteDialect_pysqlite):
    """Has each transaction write from its beginning."""

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Begin one; a listener to the event would make every statement dearer."""
        # who has only read when it wants to write may be told that the database has changed since
        dbapi_connection.cursor().execute("BEGIN IMMEDIATE")


registry.register("sqlite.immediate", __name__, ImmediateSqlite.__name__)


def engine(settings: StateSettings, *, pooled: bool = True) -> Engine:
    """Make an engine; connects to nothing yet.

    Raises:
        OSError: The file of an SQLite database cannot be made.
    """
    patience = settings.timeout.total_seconds()
    pool: dict[str, Any] = {"pool_size": _CONNECTIONS, "max_overflow": 0, "pool_timeout": patience}
    if settings.sqlite is not None:
        os.close(os.open(settings.sqlite, os.O_RDWR | os.O_CREAT, _MODE))
        arguments: dict[str, Any] = {"timeout": patience, "check_same_thread": False}
    else:
        arguments = dict(_POSTGRESQL)
        # a snapshot that is older than the lock would not show what the lock was waited for
        pool |= {"isolation_level": "READ COMMITTED"}
        pool |= {"pool_pre_ping": True}  # one that was cut off while idle is no outage
    made = sqlalchemy.create_engine(
        settings.url if settings.sqlite is None else f"sqlite+immediate:///{settings.sqlite}",
        connect_args=arguments,
        hide_parameters=True,
        **(pool if pooled else {"poolclass": NullPool}),
    )
    if settings.sqlite is not None:
        event.listen(made, "connect", lambda connection, _: _prepare_sqlite(connection, patience))
    else:
        event.listen(made, "do_connect", lambda *given: _authenticate(settings, given[-1]))
    return made


def plain(error: Exception) -> str:
    """Say what went wrong in one line: without the statement, and nothing of the URL but names."""
    cause = getattr(error, "orig", None) or error
    return f"{type(cause).__name__}: {' '.join(str(cause).split())[:300]}"


def _prepare_sqlite(connection: sqlite3.Connection, patience: float) -> None:
    connection.isolation_level = None  # transactions are begun above, not by the driver
    _write_ahead(connection, time.monotonic() + patience)
    for statement in ("synchronous = NORMAL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {statement}")


def _write_ahead(connection: sqlite3.Connection, end: float) -> None:
    """Have a log written ahead; SQLite does not wait where another process changes a new file so."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() >= end:
                raise
            time.sleep(_CHANGE_SECONDS)
        else:
            return


def _authenticate(settings: StateSettings, parameters: dict[str, Any]) -> None:
    """Put the password in, read anew for each connection."""
    if settings.password is not None:
        parameters["password"] = settings.password.get_secret_value()
    elif settings.password_file is not None:
        text = settings.password_file.read_bytes().decode(errors="replace")
        parameters["password"] = text.rstrip("\r\n")
