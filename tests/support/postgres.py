"""PostgreSQL as a process on a loopback port, with a database for each who asks."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final, Self

from tests.support.ports import free_port
from tests.support.processes import Program
from tests.support.tools import environment, find, missing

PASSWORD: Final = "postgres-password"
_USER: Final = "wharfinger"
_NOBODY: Final = "nobody"
_FOLDERS: Final = Path("/usr/lib/postgresql")


@dataclass(slots=True)
class Postgres:
    """A cluster of its own, owned by nobody where this process is root: the server refuses to run as that.

    Attributes:
        folder: Its data, in the system's folder for temporary files, as nobody can enter ours.
    """

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="postgres-")))
    port: int = field(default_factory=free_port)
    _program: Program = field(init=False)

    def __post_init__(self) -> None:
        initdb, server = _tool("initdb"), _tool("postgres")
        secret = self.folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        if os.geteuid() == 0:
            account = pwd.getpwnam(_NOBODY)
            for path in (self.folder, secret):
                os.chown(path, account.pw_uid, account.pw_gid)
        data = self.folder / "data"
        words = ("-D", data, "-U", _USER, f"--pwfile={secret}", "-A", "scram-sha-256", "-E", "UTF8")
        subprocess.run(
            [*_unprivileged(), initdb, *words, "--no-sync", "--locale=C"],
            check=True,
            capture_output=True,
            env=environment(),
            cwd=self.folder,
        )
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            "max_connections": "100",
        }
        self._program = Program(
            name="postgres",
            argv=(*_unprivileged(), server, "-D", data, *_switches(options)),
            log=self.folder.with_name(f"{self.folder.name}.log"),
            ready=self._answers,
            cwd=self.folder,
            within=timedelta(seconds=30),
        )

    def url(self, database: str = "postgres") -> str:
        """The address of a database, as `state.url` has it."""
        return f"postgresql+psycopg://{_USER}@127.0.0.1:{self.port}/{database}"

    def make(self, database: str) -> str:
        """Make a database, and return its address."""
        self.sql(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement, and return its rows."""
        import psycopg  # noqa: PLC0415 - only where there is a server

        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=_USER,
            password=PASSWORD,
            dbname=database,
            autocommit=True,
            connect_timeout=10,
        ) as connection:
            found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []

    def _answers(self) -> bool:
        """Whether it lets us in: it listens before it does."""
        import psycopg  # noqa: PLC0415 - as above

        try:
            return self.sql("SELECT 1") == [(1,)]
        except psycopg.OperationalError:
            return False

    @property
    def pid(self) -> int:
        """The process id of its first process."""
        return self._program.pid

    def start(self) -> None:
        """Start it, on the same port and data as before."""
        self._program.start()

    def stop(self) -> None:
        """End it, as when the machine under it goes down."""
        self._program.stop()

    def crash(self) -> None:
        """End it at once, without a word to anybody: `pg_ctl stop -m immediate`."""
        self._program.stop(signal.SIGQUIT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._program.log.unlink(missing_ok=True)


def _tool(name: str) -> Path:
    """Find a program of PostgreSQL: Debian keeps those of a server beside each version of it."""
    found = sorted(_FOLDERS.glob(f"*/bin/{name}"))
    path = found[-1] if found else find(name)
    if path is None:
        missing(f"{name} is not installed (apt-get install postgresql)")
    return path


def _unprivileged() -> tuple[str, ...]:
    return ("setpriv", f"--reuid={_NOBODY}", "--clear-groups", "--") if os.geteuid() == 0 else ()


def _switches(options: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(word for name, value in options.items() for word in ("-c", f"{name}={value}"))
