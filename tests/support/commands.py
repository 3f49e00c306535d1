"""Programs that run to their end: commands, and what a person sees of them."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.support.processes import ProgramFailed
from tests.support.tools import environment


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
    with _terminal(typed) as (person, terminal):
        done = subprocess.run(
            [str(word) for word in argv],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=environment(extra),
            start_new_session=True,
            timeout=within.total_seconds(),
            check=False,
        )
        return Finished(done.returncode, os.read(person, 1 << 16).decode(errors="replace"), "")


def run_typing(
    *argv: str | Path,
    typed: str,
    extra: Mapping[str, str] | None = None,
    within: timedelta = timedelta(seconds=60),
) -> Finished:
    """Run a program that reads a password from a terminal; what it says goes where no terminal is."""
    with _terminal(typed) as (_, terminal):
        done = subprocess.run(
            [str(word) for word in argv],
            stdin=terminal,
            capture_output=True,
            env=environment(extra),
            start_new_session=True,
            timeout=within.total_seconds(),
            check=False,
        )
    return Finished(
        done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    )


@contextlib.contextmanager
def _terminal(typed: str) -> Iterator[tuple[int, int]]:
    """Return both ends of a terminal, the person's and the program's, with something typed already."""
    person, terminal = os.openpty()
    try:
        os.write(person, typed.encode())
        yield person, terminal
    finally:
        os.close(person)
        os.close(terminal)
