"""Brings a database up to date, under a lock: of several servers that start at once, one does it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from app.errors import ConfigurationError, Problem, StateUnavailable
from app.state import engine
from app.state.settings import StateSettings

_LOCK: Final = 0x57484152  # of PostgreSQL's advisory locks; "WHAR"
_PATIENCE: Final = "30s"
_START_PATIENCE: Final = timedelta(seconds=30)
"""Nobody waits for a login yet, and another server may be making the tables of the same SQLite file."""


def bring_up_to_date(settings: StateSettings) -> None:
    """Make the tables, or change them to those that this version reads and writes.

    Raises:
        StateUnavailable: The database does not work, or is a newer version's.
    """
    try:
        made = engine.engine(settings, pooled=False)
        with made.begin() as connection:
            if settings.sqlite is None:
                connection.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))
                connection.execute(text(f"SET LOCAL statement_timeout = '{_PATIENCE}'"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            _upgrade(connection)
        made.dispose()
    except (SQLAlchemyError, OSError) as error:
        raise StateUnavailable(engine.plain(error)) from None


def check(settings: StateSettings) -> None:
    """Bring a database up to date before the server starts.

    Raises:
        ConfigurationError: It is a newer version's.
        StateUnavailable: It does not work just now.
    """
    try:
        bring_up_to_date(settings.model_copy(update={"timeout": _START_PATIENCE}))
    except NewerState as error:
        raise ConfigurationError([Problem.of_file("state", error.detail)]) from None


class NewerState(StateUnavailable):
    """A newer version of this program has changed the database."""


def _upgrade(connection: Connection) -> None:
    config = configuration()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = engine.version_of(connection)
    if found is not None and found not in known:
        raise NewerState(
            f"the database is at version {found}, which this program does not know: "
            f"install the version that wrote it, or name another database"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def configuration() -> Config:
    """Return alembic's configuration, which lies in no file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config
