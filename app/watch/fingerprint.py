"""Whether files changed, by their names and content."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from app import files

_CHUNK = 1 << 20
_COARSEST_CLOCK = 3.0
"""Seconds within which two changes of a file may bear one time stamp: FAT has two, NFS one."""
_LONGEST_TRUST = 60.0
"""Seconds after which a file is read again whatever its stamps say."""


class Fingerprint:
    """Hashes names and content of files; reads again only what may have changed.

    A time stamp alone proves nothing: two changes may bear the same one. It is trusted only once it is older
    than the coarsest clock of any file system, and never for longer than a minute.
    """

    def __init__(self, listed: Callable[[], Iterable[Path]], clock: Callable[[], float] = time.time) -> None:
        """Make one.

        Args:
            listed: Lists the files, in the same order each time.
            clock: Returns seconds since the epoch.
        """
        self._listed = listed
        self._clock = clock
        self._known: dict[Path, tuple[tuple[int, ...], float, bytes]] = {}

    def __call__(self) -> bytes:
        """Return the fingerprint.

        Raises:
            OSError: A file cannot be read, or is no regular file.
        """
        known = {path: self._one(path) for path in self._listed()}
        self._known = known
        whole = hashlib.sha256()
        for path, (_, _, digest) in known.items():
            whole.update(hashlib.sha256(os.fsencode(path)).digest() + digest)
        return whole.digest()

    def _one(self, path: Path) -> tuple[tuple[int, ...], float, bytes]:
        status, now = path.stat(), self._clock()
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, files.NOT_REGULAR, str(path))
        stamp = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            newest = max(status.st_mtime, status.st_ctime)
            read_at = known[1]
            if newest + _COARSEST_CLOCK < read_at <= now < read_at + _LONGEST_TRUST:
                return known
        return stamp, now, _digest(path)


def _digest(path: Path) -> bytes:
    digest = hashlib.sha256()
    with files.opened(path) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.digest()
