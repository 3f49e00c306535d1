"""Which process holds a pending row, and whether that process is gone."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

_SERVER_OCTETS: Final = 8
_NUMBER_OCTETS: Final = 8
_START_FIELD: Final = 19
"""Field 22 of /proc/PID/stat (proc(5)), counted from the first one behind the program's name."""


class Holder:
    """Names the processes of one server in rows.

    The processes are forked from the one that makes the holder, so that they see each other's process ids.
    Of those of other servers nobody here can say whether they are gone.
    """

    def __init__(self) -> None:
        self._server = secrets.token_bytes(_SERVER_OCTETS)
        self._names: dict[int, bytes] = {}

    def name(self) -> bytes:
        """Return the name of this process."""
        pid = os.getpid()
        if pid not in self._names:
            self._names = {pid: self._server + _octets(pid) + _octets(_start_of(pid) or 0)}
        return self._names[pid]

    def is_gone(self, name: bytes) -> bool:
        """Whether a process has ended; False where nobody can say."""
        server, rest = name[:_SERVER_OCTETS], name[_SERVER_OCTETS:]
        if server != self._server:
            return False
        pid, start = (int.from_bytes(part, "big") for part in (rest[:_NUMBER_OCTETS], rest[_NUMBER_OCTETS:]))
        if start:  # another process may have the same id by now
            return _start_of(pid) != start
        with suppress(PermissionError):
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return True
        return False


def _start_of(pid: int) -> int | None:
    """Return when a process started, in clock ticks since boot; None where that cannot be known."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return int(text.rpartition(")")[2].split()[_START_FIELD])
    except (OSError, ValueError, IndexError):
        return None


def _octets(number: int) -> bytes:
    return number.to_bytes(_NUMBER_OCTETS, "big")
