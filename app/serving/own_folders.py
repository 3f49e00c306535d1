"""Folders that a server makes for itself while it runs: in memory where there is some for that.

Nobody else can fill them there, as people fill `/tmp`. They are locked for as long as a process of the server
lives, so that the next server removes those of one that was killed.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_log = logging.getLogger("wharfinger")
_PREFIX = "wharfinger-"


def in_memory() -> str | None:
    """Return the folder for files that lie in memory; None where there is none."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - what is made there is its owner's alone


class OwnFolders:
    """The folders of one server."""

    def __init__(self, parent: str | None) -> None:
        """Make none yet, and remove those of servers that were killed.

        Args:
            parent: Where they are to be; None is the folder for temporary files.
        """
        self._parent = parent
        self._made: dict[Path, int] = {}
        for folder in self._left():
            _remove_unlocked(folder)

    def make(self, purpose: str) -> Path | None:
        """Make one; None where that cannot be done, which is logged: the server does without."""
        for parent in dict.fromkeys((self._parent, None)):
            try:
                return self._make(purpose, parent)
            except OSError as error:
                detail = str(error)
        _log.error("no folder can be made", extra={"what": purpose, "detail": detail})
        return None

    def remove(self) -> None:
        """Remove them."""
        for folder in self._made:
            shutil.rmtree(folder, ignore_errors=True)

    def _make(self, purpose: str, parent: str | None) -> Path:
        while True:
            folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{purpose}-", dir=parent))
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if folder.is_dir():  # not taken for one that was left, by a server that started just then
                self._made[folder] = descriptor
                return folder
            os.close(descriptor)

    def _left(self) -> Iterator[Path]:
        folder = Path(self._parent or tempfile.gettempdir())
        for each in folder.glob(f"{_PREFIX}*"):
            with suppress(OSError):
                if each.is_dir() and not each.is_symlink() and each.stat().st_uid == os.geteuid():
                    yield each


def _remove_unlocked(folder: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)
