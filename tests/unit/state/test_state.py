"""The shared state: its file, its secret, its migrations, and what happens where it is away."""

from __future__ import annotations

import sqlite3
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from app.errors import ConfigurationError, StateUnavailable
from app.state import database, engine, prepare, secret
from app.state.clock import ClockCheck
from app.state.database import Database
from app.state.logins import SqlAccountRows
from app.state.rows import LoginRow, LoginState
from app.state.settings import StateSettings
from app.state.shared import SharedState
from app.state.tables import VERSION, metadata
from tests.support.postgres import PASSWORD, Postgres

_ONE = text("SELECT 1")


def _settings(folder: Path) -> StateSettings:
    return StateSettings(url=f"sqlite:///{folder}/state.db")


def _ask(connection: Connection) -> int:
    return int(connection.execute(_ONE).scalar_one())


def test_file_and_secret_are_the_owners_alone(tmp_path: Path) -> None:
    """Also what SQLite puts beside the file; whatever the umask says."""
    state = SharedState(_settings(tmp_path))
    state.bring_up_to_date()
    state.ping()
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert {path.name for path in tmp_path.iterdir()} >= {"state.db", "state.db.secret"}
    state.close()


def test_the_migrations_make_the_tables_of_the_code(tmp_path: Path) -> None:
    """Name by name, with their columns and indexes; and their last version is the code's."""
    settings = _settings(tmp_path)
    prepare.bring_up_to_date(settings)
    found = inspect(engine.engine(settings, pooled=False))
    assert set(found.get_table_names()) == {*metadata.tables, "alembic_version"}
    for name, table in metadata.tables.items():
        assert [column["name"] for column in found.get_columns(name)] == [
            column.name for column in table.columns
        ]
        assert {index["name"] for index in found.get_indexes(name)} == {index.name for index in table.indexes}
    with engine.engine(settings, pooled=False).begin() as connection:
        assert engine.version_of(connection) == VERSION


def test_servers_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    """One does it, the others wait for it and find it done."""
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(prepare.check, _settings(tmp_path)) for _ in range(4)]:
            done.result(60)
    SharedState(_settings(tmp_path)).ping()


def test_a_newer_state_is_refused(tmp_path: Path) -> None:
    """In plain words at the start; a worker that finds one does without it."""
    settings = _settings(tmp_path)
    prepare.bring_up_to_date(settings)
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(ConfigurationError, match="9999, which this program does not know: install"):
        SharedState(settings).bring_up_to_date()
    with pytest.raises(StateUnavailable, match="9999"):
        SharedState(settings).ping()


def test_a_worker_makes_the_tables_that_were_not_made(tmp_path: Path) -> None:
    """Where the state was away when the server started."""
    SharedState(_settings(tmp_path)).ping()


def test_a_folder_that_is_missing_is_said(tmp_path: Path) -> None:
    """With its path; nothing is made outside of it."""
    settings = _settings(tmp_path / "missing")
    with pytest.raises(StateUnavailable, match="missing"):
        SharedState(settings).bring_up_to_date()
    with pytest.raises(StateUnavailable, match="missing"):
        SharedState(settings).ping()
    assert list(tmp_path.iterdir()) == []


def test_what_has_failed_is_left_alone_for_a_while(tmp_path: Path) -> None:
    """Nobody asks for five seconds; then one tries for all."""
    now = 1000.0
    asked = Database(_settings(tmp_path / "later"), clock=lambda: now)
    for text_of in ("No such file", "left alone", "left alone"):
        with pytest.raises(StateUnavailable, match=text_of):
            asked.run(_ask)
    (tmp_path / "later").mkdir()
    with pytest.raises(StateUnavailable, match="left alone"):
        asked.run(_ask)
    now += 5.1
    assert asked.run(_ask) == 1
    assert asked.run(_ask) == 1
    asked.close()


def test_a_file_that_somebody_else_holds_is_not_waited_for_long(tmp_path: Path) -> None:
    """A second; then the login goes on without. When it is free again, it is used again."""
    now = 1000.0
    asked = Database(_settings(tmp_path), clock=lambda: now)
    asked.run(_ask)
    with sqlite3.connect(tmp_path / "state.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        start = time.monotonic()
        with pytest.raises(StateUnavailable, match="locked"):
            asked.run(_ask)
        assert time.monotonic() - start < 5
        other.execute("ROLLBACK")
    other.close()
    now += 5.1
    assert asked.run(_ask) == 1
    asked.close()


def test_threads_that_hang_hold_nobody() -> None:
    """The caller goes on in time; what is done later by the thread is told that nobody waits."""
    threads = database._Threads(1)
    go, told = threading.Event(), threading.Event()

    def hang() -> None:
        assert go.wait(10)

    def late(check: object) -> None:
        hang()
        assert callable(check)
        try:
            check()
        except TimeoutError:
            told.set()
            raise

    with pytest.raises(TimeoutError):
        threads.within(0.05, late)
    with pytest.raises(TimeoutError):
        threads.within(0.05, lambda _: pytest.fail("not begun in time, and done nevertheless"))
    go.set()
    assert told.wait(10)
    assert threads.within(10, lambda _: "again") == "again"


def test_a_machine_without_threads_is_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends with the shortage: a thread that did not start is not counted as one."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    threads = database._Threads(1)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(OSError, match="new thread"):
            threads.within(10, lambda _: "never")
    assert threads.within(10, lambda _: "again") == "again"


def test_what_a_flood_left_is_swept_soon(tmp_path: Path) -> None:
    """Not a thousand rows every ten seconds: a full table lets nobody unknown in."""
    state = SharedState(_settings(tmp_path))
    state.bring_up_to_date()
    row = LoginRow(0, b"a", b"t", b"s", LoginState.WRONG, 1.0, 2.0)

    def fill(rows: SqlAccountRows) -> None:
        for _ in range(1500):
            rows.add(row)

    state.transact(b"a", b"s", 0.0, fill)
    for now in (10.0, 11.0):
        state.transact(b"a", b"s", now, SqlAccountRows.all)
    state.close()
    with sqlite3.connect(tmp_path / "state.db") as plain:
        assert plain.execute("SELECT count(*) FROM logins").fetchone() == (0,)
    plain.close()


def test_proved_logins_make_no_other_login_of_their_source_dearer(tmp_path: Path) -> None:
    """Thousands of people behind one address: its failures are counted without looking at their rows."""
    state = SharedState(_settings(tmp_path))
    state.bring_up_to_date()

    def steps_to_count(rows: SqlAccountRows) -> int:
        taken: list[None] = []
        plain = rows._connection.connection.driver_connection
        assert isinstance(plain, sqlite3.Connection)
        plain.set_progress_handler(lambda: taken.append(None), 1)
        assert rows.source(1.0) == (1, 2.0)
        plain.set_progress_handler(None, 1)
        return len(taken)

    def fill(rows: SqlAccountRows) -> None:
        for number in range(1000):
            rows.add(LoginRow(0, b"%d" % number, b"t", b"s", LoginState.PROOF, 2.0, 9.0))

    failure = LoginRow(0, b"a", b"t", b"s", LoginState.WRONG, 2.0, 9.0)
    state.transact(b"a", b"s", 2.0, lambda rows: rows.add(failure))
    alone = state.transact(b"a", b"s", 2.0, steps_to_count)
    state.transact(b"a", b"s", 2.0, fill)
    assert state.transact(b"a", b"s", 2.0, steps_to_count) == alone
    state.close()


@pytest.mark.slow
def test_no_setting_of_the_server_shows_an_old_snapshot() -> None:
    """What was counted while a lock was waited for counts, whatever isolation the database has by default."""
    with Postgres() as running:
        url = running.make("state")
        running.sql("ALTER DATABASE state SET default_transaction_isolation = 'repeatable read'")
        asked = Database(StateSettings.model_validate({"url": url, "password": PASSWORD, "secret": "x" * 32}))
        level = asked.run(lambda connection: connection.scalar(text("SHOW transaction_isolation")))
        asked.close()
    assert level == "read committed"


def test_clocks_that_differ_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """Until they agree again; each look is reported, whichever is ahead."""
    reported: list[float] = []
    clocks = ClockCheck(reported.append)
    for ahead in (0.5, -6.0, -7.0, 4.0, 6.0):
        clocks.note(ahead)
    assert reported == [0.5, 6.0, 7.0, 4.0, 6.0]
    told = [record.__dict__["ahead_seconds"] for record in caplog.records]
    assert told == [-6.0, 6.0]


def test_a_file_has_no_clock_of_its_own(tmp_path: Path) -> None:
    """There is nothing to compare with."""
    reported: list[float] = []
    asked = Database(_settings(tmp_path))
    asked.run(ClockCheck(reported.append).compare)
    asked.close()
    assert reported == []


@pytest.mark.slow
def test_the_clock_is_compared_with_that_of_postgresql() -> None:
    """By the database's own clock, not by when a transaction began; a slow answer is no measurement."""
    reported: list[float] = []
    with Postgres() as running:
        url = running.make("state")
        asked = Database(StateSettings.model_validate({"url": url, "password": PASSWORD, "secret": "x" * 32}))
        asked.run(ClockCheck(reported.append).compare)
        asked.run(ClockCheck(reported.append, lambda: time.time() + 60).compare)
        slow = iter((0.0, 2.0))
        asked.run(ClockCheck(reported.append, lambda: next(slow)).compare)
        asked.close()
    assert len(reported) == 2
    assert reported[0] < 1
    assert 59 < reported[1] < 61


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    """By whichever process comes first; nothing but it is left."""
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: secret.key(_settings(tmp_path)), range(8)))
    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["state.db.secret"]


def test_a_configured_secret_is_read(tmp_path: Path) -> None:
    """From its file, or from the settings; both are the same key."""
    path = tmp_path / "secret"
    path.write_text("0123456789abcdef" * 2 + "\n")
    url = "postgresql+psycopg://wharfinger@db.example.com/wharfinger"
    from_file = StateSettings(url=url, secret_file=path)
    from_text = StateSettings.model_validate({"url": url, "secret": "0123456789abcdef" * 2})
    assert secret.key(from_file) == secret.key(from_text)
    path.write_text("short")
    with pytest.raises(StateUnavailable, match="fewer than 32 characters"):
        secret.key(from_file)
    path.unlink()
    with pytest.raises(StateUnavailable, match="No such file"):
        secret.key(from_file)


def test_no_secret_is_shown() -> None:
    """Neither in the representation of the settings, nor in that of a connection's fault."""
    url = "postgresql+psycopg://wharfinger@127.0.0.1:1/wharfinger"
    settings = StateSettings.model_validate(
        {"url": url, "password": "hidden-password", "secret": "hidden" * 6}
    )
    with pytest.raises(StateUnavailable) as caught:
        SharedState(settings).ping()
    assert "hidden" not in repr(settings) + str(caught.value) + caught.value.detail
