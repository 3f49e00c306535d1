"""Octets that the processes of one server share in memory: what one accepted last, for one that starts.

The memory belongs to no file system. A process that is started while files cannot be used, or while a look at
them hangs, so does not begin with what the server was once started with; and gunicorn's main process, from
which it is forked, need not look at files.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator

_DIGEST_BYTES = hashlib.sha256().digest_size


class SharedBytes:
    """What all processes that are forked from this one share. It ends with the last of them."""

    def __init__(self, name: str) -> None:
        """Begin with nothing; the name is for whoever looks at the open files of the process."""
        self._descriptor = _anonymous_file(name)

    def write(self, data: bytes) -> None:
        """Replace what is shared.

        Raises:
            OSError: There is no memory left.
        """
        with self._locked(fcntl.LOCK_EX):
            self._write(data)

    def swap(self, data: bytes) -> bytes | None:
        """Replace what is shared, and return what it was.

        Raises:
            OSError: There is no memory left.
        """
        with self._locked(fcntl.LOCK_EX):
            before = self._read()
            self._write(data)
            return before

    def _write(self, data: bytes) -> None:
        whole = hashlib.sha256(data).digest() + data
        os.ftruncate(self._descriptor, 0)
        written = 0
        while written < len(whole):
            written += os.pwrite(self._descriptor, whole[written:], written)

    def read(self) -> bytes | None:
        """Return what is shared; None where that is nothing, or a process ended while it wrote."""
        with self._locked(fcntl.LOCK_SH):
            return self._read()

    def _read(self) -> bytes | None:
        whole = os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)
        digest, data = whole[:_DIGEST_BYTES], whole[_DIGEST_BYTES:]
        return data if hashlib.sha256(data).digest() == digest else None

    @contextlib.contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        """Hold the lock, which the kernel takes from a process that ends."""
        fcntl.lockf(self._descriptor, how)
        try:
            yield
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN)


def _anonymous_file(name: str) -> int:
    """Open a file that lies in memory alone; where the system has none such, one without a name."""
    try:
        return os.memfd_create(name, os.MFD_CLOEXEC)
    except (AttributeError, OSError):
        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())
