"""Audit logs as commands read them: files, compressed ones too, and standard input."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.cli.output import progress
from app.rules.review.unanswered import Unanswered

STANDARD_INPUT = Path("-")
_GZIP = b"\x1f\x8b"
_OFTEN = 4096
"""Lines after which the progress bar is moved."""
_LONGEST = 16 * 1024 * 1024
"""Bytes of one line; those of the server are far shorter, and a compressed file may hold an endless one."""


def read(paths: Sequence[Path], doing: str, take: Callable[[bytes], object]) -> None:
    """Read the lines of logs, one after the other, and show how far it is.

    Args:
        paths: The files; `-` is standard input.
        doing: What is done with the lines, for a person who waits.
        take: Takes a line.

    Raises:
        Unanswered: One of them cannot be read to its end.
    """
    with progress(doing, _size(paths)) as moved:
        for path in paths:
            for line in lines(path, moved):
                take(line)


def _size(paths: Iterable[Path]) -> int:
    """Return the bytes of some logs, as far as they are known beforehand."""
    try:
        return sum(path.stat().st_size for path in paths if path != STANDARD_INPUT)
    except OSError as error:
        raise Unanswered(f"{error.filename}: cannot be read: {error.strerror}") from None


def lines(path: Path, moved: Callable[[int], object] = lambda _: None) -> Iterator[bytes]:
    """Read the lines of a log.

    Args:
        path: The file; `-` is standard input.
        moved: Called now and then with the bytes read since the last time.

    Raises:
        Unanswered: It cannot be read to its end.
    """
    try:
        with _opened(path) as file:
            log = gzip.GzipFile(fileobj=file) if file.peek(len(_GZIP))[: len(_GZIP)] == _GZIP else file
            told = 0
            for number, line in enumerate(iter(lambda: log.readline(_LONGEST), b""), start=1):
                yield line
                if number % _OFTEN == 0 and file.seekable():
                    moved(file.tell() - told)
                    told = file.tell()
            moved(file.tell() - told if file.seekable() else 0)
    except OSError as error:
        raise Unanswered(f"{path}: cannot be read: {error.strerror or error}") from None
    except (EOFError, zlib.error) as error:
        raise Unanswered(f"{path}: cannot be read to its end: {error}") from None


@contextmanager
def _opened(path: Path) -> Iterator[io.BufferedReader]:
    if path != STANDARD_INPUT:
        with path.open("rb") as file:
            yield file
        return
    raw: BinaryIO = sys.stdin.buffer
    yield raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(raw)  # type: ignore[arg-type]
