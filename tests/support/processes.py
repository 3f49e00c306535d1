"""A program that runs beside a test: in its own process group, with a log, a readiness probe and an end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeAlias

import requests

from tests.support.ports import is_listening
from tests.support.tools import environment, find

Probe: TypeAlias = Callable[[], bool]

_TAIL: Final = 40
_PAUSE: Final = 0.03


class ProgramFailed(Exception):  # noqa: N818 - reads as what happened
    """A program did not start, become ready or end well; the text has the last lines of its log."""


def listens(port: int) -> Probe:
    """Return a probe: something accepts connections on this loopback port."""
    return lambda: is_listening(port)


def answers(url: str, *statuses: int) -> Probe:
    """Return a probe: the URL answers with one of these statuses (200 where none is given)."""

    def probe() -> bool:
        try:
            return requests.get(url, timeout=2).status_code in (statuses or (200,))
        except requests.RequestException:
            return False

    return probe


def wait_until(condition: Probe, *, within: timedelta, what: str) -> None:
    """Wait until a condition holds.

    Raises:
        ProgramFailed: It did not in that time.
    """
    end = time.monotonic() + within.total_seconds()
    while not condition():
        if time.monotonic() > end:
            raise ProgramFailed(f"{what}: not so within {within.total_seconds():g} s")
        time.sleep(_PAUSE)


@dataclass(slots=True)
class Program:
    """A program that runs beside the test until it is stopped; a context manager, and startable again.

    Attributes:
        name: What messages call it.
        argv: The program and its arguments.
        log: Where its output goes, appended over restarts.
        ready: Says when it can be used.
        extra: Environment variables beside this process's own.
        cwd: The folder in which it runs.
        within: The longest it may take to become ready.
    """

    name: str
    argv: tuple[str | Path, ...]
    log: Path
    ready: Probe
    extra: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    within: timedelta = timedelta(seconds=20)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int:
        """The process id; also its process group's."""
        if self._process is None:
            raise ProgramFailed(f"{self.name} is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            ProgramFailed: It ended or was not ready in time.
        """
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_ends_with_its_parent(), *map(str, self.argv)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment(self.extra),
                cwd=self.cwd,
                start_new_session=True,
            )
        try:
            wait_until(self._is_settled, within=self.within, what=f"{self.name} is ready")
        except ProgramFailed as failure:
            self.stop()
            raise ProgramFailed(f"{failure}\n{self._tail()}") from None
        except BaseException:
            self.stop()
            raise
        if not self.running:
            status = self.stop()
            raise ProgramFailed(f"{self.name} ended with {status}\n{self._tail()}")

    def _is_settled(self) -> bool:
        return not self.running or self.ready()

    def stop(
        self, number: signal.Signals = signal.SIGTERM, *, grace: timedelta = timedelta(seconds=15)
    ) -> int | None:
        """End it, if it runs: by a signal, and by KILL for what is left of its group after `grace`.

        Returns:
            Its exit status, negative for a signal; nothing where it was not running.
        """
        process, self._process = self._process, None
        if process is None:
            return None
        process.send_signal(number)
        try:
            process.wait(grace.total_seconds())
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        return process.returncode

    def _tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-_TAIL:]
        return "\n".join([f"--- {self.log}", *lines])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _ends_with_its_parent() -> tuple[str, ...]:
    # A test run that is killed leaves nothing behind. The signal comes when the *thread* that started
    # the program ends, so programs are started from the main thread only.
    return ("setpriv", "--pdeathsig", "TERM") if find("setpriv") else ()
