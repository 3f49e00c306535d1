"""CPU time of processes, as Linux accounts for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_TICK: Final = os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM = 11, 12
"""utime and stime among the fields of /proc/PID/stat that follow the program's name (proc(5))."""


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
