"""The files in which processes share metrics, so that a full file system costs metrics and no process.

prometheus-client maps files that have no space yet. Where a file system is full, the kernel ends whoever
writes to one (SIGBUS). Here they get their space before they are mapped; where there is none, the values of
this process are not kept, and the log says so once.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

_log = logging.getLogger("wharfinger.metrics")
_FIRST_SIZE = 1 << 16
_LENGTH, _NUMBERS = 4, 16
"""Octets of an entry beside its key: the length of that, value and time."""


class AllocatedDict(MmapedDict):
    """What the library keeps values in, with its space allocated."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's signature
        """Open a file, which is made where it is missing."""
        self._has_room = True
        self._positions = {}
        try:
            _allocate(Path(filename))
            super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]  # the library leaves it bare
        except OSError as error:
            self._f = None  # type: ignore[assignment]  # so the library says of one that is closed
            self._give_up(filename, error)

    def read_value(self, key: str) -> tuple[float, float]:
        """Return value and time of a key; begin it with 0, where there is room."""
        if not self._holds(key):
            return 0.0, 0.0
        read: tuple[float, float] = super().read_value(key)  # type: ignore[no-untyped-call]  # as above
        return read

    def write_value(self, key: str, value: float, timestamp: float) -> None:
        """Keep value and time of a key, where there is room."""
        if self._holds(key):
            super().write_value(key, value, timestamp)  # type: ignore[no-untyped-call]  # as above

    def _holds(self, key: str) -> bool:
        """Whether a key has its place, or gets one now."""
        if key in self._positions or not self._has_room:
            return key in self._positions
        end = self._used + _LENGTH + len(key.encode()) + 8 + _NUMBERS  # 8: it is padded
        capacity = self._capacity
        while capacity < end:
            capacity *= 2
        try:
            if capacity > self._capacity:
                os.posix_fallocate(self._f.fileno(), 0, capacity)
        except OSError as error:
            self._give_up(self._fname, error)
        return self._has_room

    def _give_up(self, filename: str, error: OSError) -> None:
        self._has_room = False
        _tell(filename, str(error.strerror))


def install() -> None:
    """Have the library keep values in such files; before the first metric is made."""
    values.MmapedDict = AllocatedDict  # type: ignore[attr-defined]  # the name by which it makes them


def _allocate(path: Path) -> None:
    """Make a file with its space, unless it has some.

    Raises:
        OSError: There is no space; nothing is left of the file, for whoever reads all of them.
    """
    with path.open("ab") as file:
        if os.fstat(file.fileno()).st_size:
            return
        try:
            os.posix_fallocate(file.fileno(), 0, _FIRST_SIZE)
        except OSError:
            path.unlink(missing_ok=True)
            raise


_told: set[int] = set()


def _tell(filename: str, detail: str) -> None:
    """Log that values are lost, once in each process."""
    if os.getpid() not in _told:
        _told.add(os.getpid())
        _log.error("metrics of this process cannot be kept", extra={"file": filename, "detail": detail})
