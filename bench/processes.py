"""CPU time of processes, and what they hold, as Linux accounts for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICK: Final = os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM = 11, 12
"""utime and stime among the fields of /proc/PID/stat that follow the program's name (proc(5))."""

_ESTABLISHED: Final = "01"
"""The state of a connection in /proc/net/tcp (proc(5))."""


def cpu_seconds(pid: int) -> float:
    """Give the CPU time that all threads of a process have taken so far, in the program and in the kernel."""
    _, _, fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
    words = fields.split()
    return (int(words[_USER]) + int(words[_SYSTEM])) / _TICK


def only_child(pid: int) -> int:
    """Give the one process that a process has started: gunicorn's worker.

    Raises:
        ValueError: There are more, or none.
    """
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds on to.

    Attributes:
        descriptors: Open files and sockets.
        memory: Resident, in KiB.
        connections: Established at a port on the loopback address, whoever made them.
    """

    descriptors: int
    threads: int
    memory: int
    connections: int


def held(pid: int, port: int) -> Held:
    """Look at a process, and at the connections to a port.

    Raises:
        PermissionError: The process shows its files to root alone.
    """
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return Held(
        descriptors=sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()),
        threads=int(status["Threads"]),
        memory=int(status["VmRSS"].split()[0]),
        connections=_established(port),
    )


def _established(port: int) -> int:
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    return sum(words[1].endswith(f":{port:04X}") and words[3] == _ESTABLISHED for words in fields)
