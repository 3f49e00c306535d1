"""A file or a pipe to which several processes append lines, none of which is ever mistaken for a whole one.

A write may take only a part of a line: the disk is full, or the process ends. That part stays, for whoever
follows the file may have read it, and would join it with what took its place. The next line is written behind
` torn` and a newline, which end it; with them it is no JSON, even where nothing but its newline was missing.

The processes of one server write in turn, under a lock that nobody else can hold. Another server (as during
gunicorn's upgrade by SIGUSR2) may append to the same file: a line that has come to stand behind a part of one
of its lines counts as not written.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

TORN_END = b" torn\n"
_NEWLINE = b"\n"
_STDOUT = 1
_MODE = 0o640
_RENAMED_SECONDS = 1.0
"""For how long a file that was renamed is still written to, before one of its old name is made. logrotate
makes that itself, at once, and moves aside what it finds there."""


class LineFile:
    """Appends lines to a file or to standard output."""

    def __init__(self, path: Path | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Open nothing yet; None is standard output.

        All processes that are forked from this one write in turn.
        """
        self._path = path
        self._monotonic = monotonic
        self._descriptor, self._identity, self._is_readable = -1, (0, 0), False
        self._whole_until = -1
        self._missing_since: float | None = None
        self._is_outdated = False
        self._lock = threading.Lock()
        self._turn = _Turn()

    @property
    def has_failed(self) -> bool:
        """Whether the last line, of whichever process, could not be written whole."""
        return self._turn.has_failed

    def check(self) -> None:
        """Find out whether the file can be opened; make it where it is missing.

        Raises:
            OSError: It cannot.
        """
        if self._path is not None:
            self._open()
            if _is_regular(self._descriptor):  # the reader of a pipe would see its end
                self._close()

    def reopen(self) -> None:
        """Have the next line open the file anew; may be called from a signal's handler."""
        self._is_outdated = True

    def append(self, line: bytes) -> None:
        """Append a line, which ends in a newline.

        Raises:
            OSError: It could not be written whole.
        """
        with self._lock, self._turn.taken():
            try:
                self._follow()
                self._write(line)
                if self._is_removed():
                    self._open()
                    self._write(line)
            except OSError:
                self._turn.has_failed = True
                raise
            self._turn.has_failed = False

    def _follow(self) -> None:
        """Have a file open that is still the one of its name."""
        if self._descriptor < 0 or self._is_outdated or not self._has_name():
            self._open()

    def _has_name(self) -> bool:
        """Whether the open file still has its name, or may get a successor any moment."""
        if self._path is None:
            return True
        try:
            named = self._path.stat()
        except FileNotFoundError:
            now = self._monotonic()
            self._missing_since = now if self._missing_since is None else self._missing_since
            return not self._is_removed() and now - self._missing_since < _RENAMED_SECONDS
        self._missing_since = None
        return self._identity == (named.st_dev, named.st_ino)

    def _is_removed(self) -> bool:
        """Whether somebody removed the open file meanwhile, and with it the line."""
        return self._path is not None and os.fstat(self._descriptor).st_nlink == 0

    def _open(self) -> None:
        self._is_outdated = False
        opened = _standard_output() if self._path is None else _opened(self._path)
        self._close()
        self._descriptor, self._missing_since = opened, None
        status = os.fstat(opened)
        self._identity = status.st_dev, status.st_ino
        self._is_readable, self._whole_until = _is_readable_file(opened), -1

    def _close(self) -> None:
        if self._descriptor >= 0 and self._descriptor != _STDOUT:
            os.close(self._descriptor)
        self._descriptor = -1

    def _write(self, line: bytes) -> None:
        if self._is_readable:
            self._write_to_file(line)
            return
        data = TORN_END + line if self._turn.is_torn else line
        self._turn.is_torn = True
        while data:  # a pipe that is nearly full, or a signal, makes several writes of one
            data = data[os.write(self._descriptor, data) :]
        self._turn.is_torn = False

    def _write_to_file(self, line: bytes) -> None:
        """Append a line in one write; the end of a torn one before it is part of that.

        The end of what this process wrote last is not read again: whoever reads a file that was just written
        has the file system note the time, which takes longer than all else here.

        Raises:
            OSError: It is not there whole, or not on a line of its own.
        """
        size = os.lseek(self._descriptor, 0, os.SEEK_END)
        is_torn = size != self._whole_until and not self._ends_at(size)
        data = TORN_END + line if is_torn else line
        if os.write(self._descriptor, data) != len(data):
            raise OSError(errno.ENOSPC, "only a part of a line could be written")
        end = os.lseek(self._descriptor, 0, os.SEEK_CUR)
        before = end - len(data)
        if not is_torn and before != size and not self._ends_at(before):
            raise OSError(errno.EIO, "another server has written a part of a line before it")
        self._whole_until = end

    def _ends_at(self, place: int) -> bool:
        """Whether a line ends at a place, or the file begins there."""
        return place == 0 or os.pread(self._descriptor, 1, place - 1) == _NEWLINE


class _Turn:
    """A lock of the processes that are forked from this one, and what they tell each other.

    It is on a file without a name: it goes with its process, however that ends.
    """

    def __init__(self) -> None:
        self._memory = os.memfd_create("wharfinger-audit")

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the lock."""
        fcntl.lockf(self._memory, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._memory, fcntl.LOCK_UN)

    @property
    def is_torn(self) -> bool:
        """Whether a process has begun a line and not ended it; of what cannot be read itself."""
        return self._get(0)

    @is_torn.setter
    def is_torn(self, value: bool) -> None:
        self._set(0, value=value)

    @property
    def has_failed(self) -> bool:
        """Whether the last line could not be written."""
        return self._get(1)

    @has_failed.setter
    def has_failed(self, value: bool) -> None:
        if value != self.has_failed:
            self._set(1, value=value)

    def _get(self, place: int) -> bool:
        return os.pread(self._memory, 1, place) == b"\x01"

    def _set(self, place: int, *, value: bool) -> None:
        os.pwrite(self._memory, bytes([value]), place)


def _opened(path: Path) -> int:
    """Open a file, which is made where it is missing, or a pipe that has a reader."""
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        is_file = True
    access = os.O_RDWR | os.O_CREAT if is_file else os.O_WRONLY | os.O_NONBLOCK
    descriptor = os.open(path, access | os.O_APPEND | os.O_NOCTTY, _MODE)
    os.set_blocking(descriptor, True)
    return descriptor


def _standard_output() -> int:
    """Return standard output; where it is a file, one that can be read too, and is appended to."""
    if _is_regular(_STDOUT):
        try:
            return os.open(f"/proc/self/fd/{_STDOUT}", os.O_RDWR | os.O_APPEND)
        except OSError:  # somebody else's file
            return _STDOUT
    return _STDOUT


def _is_regular(descriptor: int) -> bool:
    return stat.S_ISREG(os.fstat(descriptor).st_mode)


def _is_readable_file(descriptor: int) -> bool:
    is_readable = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR
    return is_readable and _is_regular(descriptor)
