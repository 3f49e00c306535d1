"""Files that are there as a whole or not at all, whoever looks and whenever the machine stops."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FOLDER_MODE = 0o700
_LOCK = ".lock"
_LOCK_MODE = 0o600


@contextmanager
def alone_in(folder: Path, lock_name: str = _LOCK) -> Iterator[None]:
    """Make a folder of secrets where it is missing, and keep other writers out of it.

    The lock is on a file: some network file systems lock no folders. No link is followed to it: root may be
    at work in a folder of somebody who may do less, and must not be led to another file.
    """
    folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(folder / lock_name, flags, _LOCK_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_whole(path: Path, data: bytes, *, mode: int) -> None:
    """Write a file under a hidden name, then give it its own; a file of that name is replaced.

    The hidden file is made afresh (`O_EXCL`) and readable by its owner alone from the first byte; the
    mode is widened, where the caller wants that, when everything is written.

    Raises:
        OSError: The file could not be written; the old one, if any, is untouched.
    """
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def rename(path: Path, name: str) -> None:
    """Give a file another name in its folder, under which nothing is yet.

    Raises:
        OSError: It still has its old name.
    """
    path.rename(path.with_name(name))
    _sync_folder(path.parent)


def remove(*paths: Path) -> None:
    """Remove files, in this order; one that is gone already is as good.

    Raises:
        OSError: Some are still there.
    """
    for path in paths:
        path.unlink(missing_ok=True)
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
