"""The processes that the demo starts, and ends again: these and no others."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.demo.errors import DemoError

_STOP_SECONDS = 10
_READY_SECONDS = 60
_POLL_SECONDS = 0.1
_TAIL_LINES = 20


class Processes:
    """What was started, in order; leaving the context ends it in the opposite order."""

    def __init__(self, folder: Path) -> None:
        """Start with none.

        Args:
            folder: Where the logs go, and where the processes run.
        """
        self._folder = folder
        self._started: list[tuple[str, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, process in reversed(self._started):
            _end(process)

    def start(self, name: str, command: Sequence[str | Path]) -> None:
        """Start a program; its output goes to NAME.log.

        It has a session of its own, so that Ctrl-C reaches the demo alone, and the kernel ends it should the
        demo be killed.
        """
        with (self._folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", *command],
                cwd=self._folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append((name, process))

    def wait_until(self, what: str, ready: Callable[[], bool]) -> None:
        """Wait for something that the processes bring about.

        Raises:
            DemoError: One of them ended, or it takes too long.
        """
        deadline = time.monotonic() + _READY_SECONDS
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                name = self._started[-1][0]
                raise DemoError(f"Waited {_READY_SECONDS} s in vain for {what}.\n{self._tail(name)}")
            time.sleep(_POLL_SECONDS)

    def check(self) -> None:
        """Do nothing while all are alive.

        Raises:
            DemoError: One of them ended.
        """
        for name, process in self._started:
            status = process.poll()
            if status is not None:
                how = f"by signal {-status}" if status < 0 else f"with status {status}"
                raise DemoError(f"{name} ended {how}.\n{self._tail(name)}")

    def _tail(self, name: str) -> str:
        log = self._folder / f"{name}.log"
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
        return "\n".join([f"The end of {log}:", *(f"    {line}" for line in lines)])


def run(command: Sequence[str | Path]) -> None:
    """Run a program to its end.

    Raises:
        DemoError: It failed.
    """
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise DemoError(f"Failed: {' '.join(map(str, command))}\n{said}")


def _environment() -> dict[str, str]:
    """Return our environment without what would override the files that the demo writes."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WHARFINGER_", "REGISTRY_", "PROMETHEUS_"))
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
    # Whatever it started itself shares its session, and its group has its number.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
