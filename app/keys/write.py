"""Files that are there as a whole or not at all, whoever looks and whenever the machine stops."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


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


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
