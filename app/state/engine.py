"""The engine of a database: one SQLite file, or PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
import time
from typing import Any, Final

import sqlalchemy
from sqlalchemy import Connection, Engine, event, inspect, text
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import NullPool, PoolProxiedConnection

from app import files
from app.state.settings import StateSettings

CONNECTIONS: Final = 4
"""The most that one process opens to PostgreSQL."""
_MODE: Final = 0o600
_RETRY_SECONDS: Final = 0.01
_POSTGRESQL: Final = {
    "connect_timeout": 2,  # seconds; libpq knows no less
    "keepalives_idle": 10,
    "tcp_user_timeout": 5000,
    "options": "-c statement_timeout=5000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=5000",
    "application_name": "wharfinger",
    "prepare_threshold": None,  # a pooler between here and the server may not know prepared statements
}


class ImmediateSqlite(SQLiteDialect_pysqlite):
    """Begins every transaction as one that writes."""

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Begin a transaction; a listener to the event would make every statement dearer."""
        # a transaction that has only read is refused its first write if the database has changed since
        dbapi_connection.cursor().execute("BEGIN IMMEDIATE")


registry.register("sqlite.immediate", __name__, ImmediateSqlite.__name__)


def engine(settings: StateSettings, *, pooled: bool = True) -> Engine:
    """Make an engine; it connects to nothing yet.

    Raises:
        OSError: The file of an SQLite database cannot be made.
    """
    patience = settings.timeout.total_seconds()
    pool: dict[str, Any] = {"pool_size": CONNECTIONS, "max_overflow": 0, "pool_timeout": patience}
    if settings.sqlite is not None:
        os.close(os.open(settings.sqlite, os.O_RDWR | os.O_CREAT, _MODE))
        arguments: dict[str, Any] = {"timeout": patience, "check_same_thread": False}
    else:
        arguments = dict(_POSTGRESQL)
        # a snapshot from before a lock was waited for lacks what its former holder wrote
        pool |= {"isolation_level": "READ COMMITTED"}
        pool |= {"pool_pre_ping": True}  # a connection that was cut while idle is no outage
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
    """Return an error as one line, without the statement, and with nothing of the URL but names."""
    cause = getattr(error, "orig", None) or error
    return f"{type(cause).__name__}: {' '.join(str(cause).split())[:300]}"


def version_of(connection: Connection) -> str | None:
    """Return the migration that was applied last; None for a database that has none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _prepare_sqlite(connection: sqlite3.Connection, patience: float) -> None:
    connection.isolation_level = None  # the dialect begins transactions, not the driver
    _write_ahead(connection, time.monotonic() + patience)
    for statement in ("synchronous = NORMAL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {statement}")


def _write_ahead(connection: sqlite3.Connection, end: float) -> None:
    """Switch to write-ahead logging; SQLite does not wait while another process switches a new file."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() >= end:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return


def _authenticate(settings: StateSettings, parameters: dict[str, Any]) -> None:
    """Add the password, which is read again for each connection."""
    if settings.password is not None:
        parameters["password"] = settings.password.get_secret_value()
    elif settings.password_file is not None:
        text = files.read(settings.password_file).decode(errors="replace")
        parameters["password"] = text.rstrip("\r\n")
