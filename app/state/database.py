"""One database, opened when it is first needed: after the fork, and again after it was unavailable.

Whoever uses it gets an answer in time or an exception. After a failure nobody asks it for some seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from app.breaker import Breaker
from app.errors import StateUnavailable
from app.state import engine
from app.state.settings import StateSettings
from app.state.tables import VERSION

T = TypeVar("T")
_LEFT_ALONE: Final = timedelta(seconds=5)


class Database:
    """A database that may be unavailable."""

    def __init__(self, settings: StateSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Connect to nothing yet."""
        self._settings, self._clock = settings, clock
        self._patience = settings.timeout.total_seconds()
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._breaker = Breaker(failures=1, pause=_LEFT_ALONE, trial=_LEFT_ALONE)
        self._turn = threading.Lock()
        self._kept: Connection | None = None
        self._threads = None if settings.sqlite is not None else _Threads(engine.CONNECTIONS)

    def run(self, work: Callable[[Connection], T]) -> T:
        """Do some work in one transaction.

        Raises:
            StateUnavailable: It was not done in time. It may have been done nevertheless.
        """
        if not self._breaker.admits(self._clock()):
            raise StateUnavailable("left alone after a failure")
        worked = False
        try:
            if self._threads is None:
                result = self._in_turn(work)
            else:
                result = self._threads.within(self._patience, lambda check: self._run(work, check))
            worked = True
        except TimeoutError:
            raise StateUnavailable(f"no answer within {self._patience:g} s") from None
        except (SQLAlchemyError, OSError) as error:
            raise StateUnavailable(engine.plain(error)) from None
        finally:
            self._breaker.record(worked=worked, now=self._clock())
        return result

    def ping(self) -> None:
        """Find out whether the database works.

        Raises:
            StateUnavailable: It does not.
        """
        self.run(lambda connection: connection.execute(text("SELECT 1")))

    def close(self) -> None:
        """Close the connections; the database can still be used, and opens new ones."""
        with self._turn:
            self._give_back()
        with self._lock:
            opened, self._engine = self._engine, None
        if opened is not None:
            opened.dispose()

    def _in_turn(self, work: Callable[[Connection], T]) -> T:
        """Let one thread of this process at a time use the file: a queue is fairer than SQLite's waiting."""
        if not self._turn.acquire(timeout=self._patience):
            raise TimeoutError
        try:
            if self._kept is None:  # taking one from the pool each time costs more than a statement
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
        opened = engine.engine(self._settings)
        with opened.begin() as connection:
            is_ready = engine.version_of(connection) == VERSION
        if not is_ready:
            from app.state import prepare  # noqa: PLC0415 - it brings alembic, which is seldom needed

            prepare.bring_up_to_date(self._settings)
        return opened


class _Threads:
    """Threads that may hang in a call without blocking the caller, or the end of the process."""

    def __init__(self, most: int) -> None:
        self._most, self._started = most, 0
        self._lock = threading.Lock()
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()

    def within(self, seconds: float, work: Callable[[Callable[[], None]], T]) -> T:
        """Have some work done. If it is not begun in time, it is never done.

        Args:
            seconds: How long to wait for it.
            work: Gets a function that raises TimeoutError once nobody waits any more. It has to call that
                before what it does becomes final.

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
            except BaseException as error:  # noqa: BLE001 - raised again where the result is waited for
                future.set_exception(error)


def _start(thread: threading.Thread) -> None:
    try:
        thread.start()
    except RuntimeError as error:  # the machine allows no more threads
        raise OSError(str(error)) from None
