"""Files, written as a whole or not at all, whoever looks and whenever the machine stops; and read.

Whatever this program keeps or its commands write goes through here: keys and certificates, the copy of the
last good rules, the secrets of robots and of the state, what `keys publish` and `registry config` make. So
does whatever the configuration names and the server reads: rules, keys, secrets, passwords.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
NOT_REGULAR = "it is no regular file"
_LOCK = ".lock"
_LOCK_MODE = 0o600
_ROOT = 0


def read(path: Path) -> bytes:
    """Read a regular file.

    Raises:
        OSError: It cannot be read, or is no regular file.
    """
    with opened(path) as stream:
        return stream.read()


def opened(path: Path, *, follow_links: bool = True) -> BinaryIO:
    """Open a regular file for reading.

    Nothing else is waited for or read: a pipe or a device may give nothing, for ever, or no end.

    Args:
        path: The file.
        follow_links: Whether the path may be a symbolic link.

    Raises:
        OSError: It cannot be opened, or is no regular file.
    """
    stream = open(os.open(path, _READ if follow_links else _READ | os.O_NOFOLLOW), "rb")  # noqa: PTH123, SIM115 - a descriptor, for the caller to close
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        return stream
    stream.close()
    raise OSError(errno.EINVAL, NOT_REGULAR, str(path))


def replace(path: Path, data: bytes, *, mode: int, inherit_owner: bool = False) -> None:
    """Write a file; one of that name is replaced in one step.

    Args:
        path: Where it is to be.
        data: What it holds.
        mode: Its permissions, whatever the umask is.
        inherit_owner: Whether root gives the file to the owner of its folder.

    Raises:
        OSError: The file could not be written; the old one, if any, is untouched.
    """
    with _draft(path, data, mode, inherit_owner=inherit_owner) as draft:
        draft.replace(path)


def create(path: Path, data: bytes, *, mode: int, inherit_owner: bool = False) -> None:
    """Write a file that does not exist yet; of several processes that do so at once, one succeeds.

    Args:
        path: Where it is to be.
        data: What it holds.
        mode: Its permissions, whatever the umask is.
        inherit_owner: Whether root gives the file to the owner of its folder.

    Raises:
        FileExistsError: There is a file of that name; it is untouched.
        OSError: The file could not be written.
    """
    with _draft(path, data, mode, inherit_owner=inherit_owner) as draft:
        os.link(draft, path)  # unlike a rename it never replaces a file


@contextmanager
def _draft(path: Path, data: bytes, mode: int, *, inherit_owner: bool) -> Iterator[Path]:
    """Write a hidden file beside the path, and remove what the caller leaves of it.

    It is made afresh (`O_EXCL`) and readable by its owner alone from the first byte; owner and mode are set
    once everything is written.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            if inherit_owner and (heir := _heir(path.parent)):
                os.fchown(descriptor, *heir)
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        yield draft
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def rename(path: Path, name: str) -> None:
    """Rename a file within its folder, to a name that no other file has.

    Raises:
        OSError: It still has its old name.
    """
    path.rename(path.with_name(name))
    _sync(path.parent)


def remove(*paths: Path) -> None:
    """Remove files, in this order; a missing one is no error.

    Raises:
        OSError: Some still exist.
    """
    for path in paths:
        path.unlink(missing_ok=True)
        _sync(path.parent)


@contextmanager
def locked(folder: Path, lock_name: str = _LOCK) -> Iterator[None]:
    """Hold the lock of a folder.

    It is on a file, because some network file systems lock no folders. What root makes belongs to the
    owner of the folder, so that the owner can hold the lock next. No link is followed to it: somebody else
    may own the folder, and must not lead root to another file.

    Raises:
        OSError: The lock cannot be made or opened.
    """
    lock = folder / lock_name
    if not os.path.lexists(lock):
        with suppress(FileExistsError):  # another process was quicker
            create(lock, b"", mode=_LOCK_MODE, inherit_owner=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder and those above it, where they are missing.

    What root makes belongs to the owner of the folder above.

    Args:
        folder: The folder.
        mode: Its permissions, less those that the umask takes.

    Raises:
        OSError: It cannot be made.
    """
    if folder.exists():
        return
    make_folder(folder.parent)
    folder.mkdir(mode, exist_ok=True)
    if heir := _heir(folder.parent):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            # Not empty: the owner of the one above has put another in its place.
            if not os.listdir(descriptor):  # noqa: PTH208 - of an open folder
                os.fchown(descriptor, *heir)
        finally:
            os.close(descriptor)


def _heir(folder: Path) -> tuple[int, int] | None:
    """Return the user and group that get what root makes in a folder; None where the maker keeps it."""
    status = folder.stat()
    return (status.st_uid, status.st_gid) if os.geteuid() == _ROOT != status.st_uid else None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
