"""A program started for a test: in its own process group, with a log, a readiness probe and an end."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeAlias

import requests

from tests.support.ports import is_listening
from tests.support.tools import find, search_path

Probe: TypeAlias = Callable[[], bool]

_TAIL: Final = 40
_PAUSE: Final = 0.03

# What a person has set for their own work must not reach the programs of a test.
_PERSONAL: Final = ("WHARFINGER", "DOCKER", "COMPOSE", "REGISTRY", "BUILDKIT", "GUNICORN", "PYTEST", "LDAP")


class ProgramFailed(Exception):  # noqa: N818 - reads as what happened
    """A program did not start, become ready or end well; the text has the last lines of its log."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the environment for a program: this process's own, less what is personal, plus `extra`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(_PERSONAL)}
    return own | {"PATH": search_path()} | dict(extra or {})


def listens(port: int) -> Probe:
    """Give a probe: something accepts connections on this loopback port."""
    return lambda: is_listening(port)


def answers(url: str, *statuses: int) -> Probe:
    """Give a probe: the URL answers with one of these statuses (200 where none is given)."""

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


@dataclass(frozen=True, slots=True)
class Finished:
    """What a program that ran to its end left behind."""

    status: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """Everything a person saw on the terminal."""
        return self.stdout + self.stderr


def run(
    *argv: str | Path,
    stdin: str | bytes = "",
    extra: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    within: timedelta = timedelta(seconds=60),
    check: bool = False,
) -> Finished:
    """Run a program to its end.

    Args:
        argv: The program and its arguments; no secret stands here.
        stdin: What it reads.
        extra: Environment variables beside this process's own.
        cwd: The folder in which it runs.
        within: The longest it may take.
        check: Whether a status other than 0 is an error.

    Raises:
        ProgramFailed: `check` was asked for and the status is not 0.
    """
    done = subprocess.run(
        [str(word) for word in argv],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        env=environment(extra),
        cwd=cwd,
        capture_output=True,
        timeout=within.total_seconds(),
        check=False,
    )
    finished = Finished(
        done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    )
    if check and finished.status:
        raise ProgramFailed(f"{' '.join(map(str, argv))} ended with {finished.status}:\n{finished.text}")
    return finished


def at_terminal(
    *argv: str | Path,
    typed: str,
    extra: Mapping[str, str] | None = None,
    within: timedelta = timedelta(seconds=30),
) -> Finished:
    """Run a program that asks at a terminal, with what a person types there.

    Returns:
        All that stood on the terminal, as `stdout`.
    """
    person, terminal = os.openpty()
    try:
        os.write(person, typed.encode())
        words = [str(word) for word in argv]
        with subprocess.Popen(
            words,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=environment(extra),
            start_new_session=True,
        ) as process:
            status = process.wait(within.total_seconds())
        return Finished(status, os.read(person, 1 << 16).decode(errors="replace"), "")
    finally:
        os.close(person)
        os.close(terminal)


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
            if not self.running:
                raise ProgramFailed(f"{self.name} ended with {self._process.returncode}")  # noqa: TRY301 - joined by the log below
        except BaseException as failure:
            self.stop()
            raise ProgramFailed(f"{failure}\n--- {self.log}\n{self.tail()}") from failure

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

    def tail(self) -> str:
        """Give the last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_TAIL:])

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


@contextlib.contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold a file lock, so that workers make a shared thing once."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
