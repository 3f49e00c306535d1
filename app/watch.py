"""Files that may change while the server runs: the last good state of each, and the thread that looks.

What is read anew takes the place of what was there only whole and good; a fault keeps the last good one and
is told. A request reads `LastGood.current` once, and ends on what it began with.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import queue
import stat
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from app.errors import ConfigurationError, Problem

T = TypeVar("T")
_log = logging.getLogger("wharfinger.watch")
_INTERVAL, _SETTLE = 2.0, 0.1
_TRIES = 20
"""How often files that keep changing are looked at, before they are left to the next round."""
_SHOWN_PROBLEMS = 20
_CHUNK = 1 << 20
_COARSEST_CLOCK = 3.0
"""Seconds within which two changes of a file may bear one time stamp: FAT has two, NFS one."""
_LONGEST_TRUST = 60.0
"""Seconds after which a file is read again whatever its stamps say."""


class LastGood(Generic[T]):
    """What was last read without a fault.

    Attributes:
        name: What it is, for the log.
        current: What is in force. Read it once for each request.
        fault: Why what the files hold now is not in force; None where it is.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[], T],
        fingerprint: Callable[[], bytes],
        first: T,
        *,
        seen: bytes | None = None,
        fault: ConfigurationError | None = None,
        settle: float = _SETTLE,
    ) -> None:
        """Begin.

        Args:
            name: What it is, for the log.
            load: Reads the files; raises ConfigurationError where they are no good.
            fingerprint: Tells by the content of the files whether they changed.
            first: What is in force until the files change.
            seen: The fingerprint that they had when `first` was read, or when it was found that they cannot
                be; None is unknown: then the first refresh reads them.
            fault: Why `first` is not what they hold.
            settle: Seconds for which files that changed must have stayed the same.
        """
        self.name = name
        self.current = first
        self.fault = fault
        self._load = load
        self._fingerprint = fingerprint
        self._seen = seen
        self._settle = settle
        self._told = str(fault) if fault is not None else ""
        self._listeners: list[Callable[[LastGood[T]], object]] = []
        self._lock = threading.Lock()

    def subscribe(self, listener: Callable[[LastGood[T]], object]) -> None:
        """Have a function called now, and whenever the files have been read, whatever came of it."""
        self._listeners.append(listener)
        listener(self)

    def refresh(self, *, again: bool = False) -> bool:
        """Read the files if they changed; keep the last good where they cannot be used.

        Args:
            again: Read files that had a fault even where they did not change: what was wrong may have been
                the time of day.

        Returns:
            Whether something new is in force.
        """
        with self._lock:
            found = self._look()
            if found == self._seen and not (again and self.fault is not None):
                return False
            return self._read_settled(found)

    def _read_settled(self, found: bytes) -> bool:
        """Read files once they have come to rest, so that nobody decides by half of a change."""
        for _ in range(_TRIES):
            time.sleep(self._settle)
            before, found = found, self._look()
            if before != found:
                continue
            new, fault = self._try()
            if self._look() == found:
                self._seen = found
                return self._accept(new, fault)
        _log.warning("files keep changing; looking again soon", extra={"what": self.name})
        return False

    def _look(self) -> bytes:
        """Give the fingerprint; that of files which cannot be read is what they fail with."""
        try:
            return self._fingerprint()
        except (OSError, ConfigurationError) as error:
            return b"fault " + str(error).encode(errors="backslashreplace")

    def _try(self) -> tuple[T | None, ConfigurationError | None]:
        try:
            return self._load(), None
        except ConfigurationError as error:
            return None, error
        except Exception as error:  # noqa: BLE001 - it must not end the thread that would read the mended file
            _log.exception("a fault of the token server", extra={"what": self.name})
            text = f"cannot be read: {type(error).__name__}"
            return None, ConfigurationError([Problem.of_file(self.name, text)])

    def _accept(self, new: T | None, fault: ConfigurationError | None) -> bool:
        if new is not None:
            self.current = new
        self.fault = fault
        self._tell()
        for listener in self._listeners:
            listener(self)
        return new is not None

    def _tell(self) -> None:
        """Log a fault once, and that it is gone."""
        text = str(self.fault) if self.fault is not None else ""
        if self.fault is not None and text != self._told:
            problems = [str(problem) for problem in self.fault.problems]
            extra = {"what": self.name, "problems": problems[:_SHOWN_PROBLEMS], "count": len(problems)}
            _log.error("the files cannot be used; the last good ones stay in force", extra=extra)
        elif self.fault is None:
            _log.info("read anew", extra={"what": self.name, "after_a_fault": bool(self._told)})
        self._told = text


class Watcher:
    """One thread that looks every two seconds whether files changed, and at once where it is woken."""

    def __init__(self, watched: Sequence[LastGood[Any]], interval: float = _INTERVAL) -> None:
        """Prepare; nothing runs before `start`.

        Args:
            watched: What to look at.
            interval: Seconds between two looks.
        """
        self._watched = tuple(watched)
        self._interval = interval
        self._woken: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look now, then go on in a thread; for a process that no longer forks."""
        self._refresh(again=False)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="wharfinger-watch", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """Have it look at once; may be called from a signal's handler."""
        self._woken.put(True)  # noqa: FBT003 - a queue takes one thing

    def stop(self) -> None:
        """End the thread, once it is done with what it does."""
        if self._thread is not None:
            self._woken.put(False)  # noqa: FBT003 - as above
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while True:
            try:
                woken = self._woken.get(timeout=self._interval)
            except queue.Empty:
                self._refresh(again=False)
                continue
            if not woken:
                return
            self._refresh(again=True)

    def _refresh(self, *, again: bool) -> None:
        for each in self._watched:
            try:
                each.refresh(again=again)
            except Exception:  # noqa: BLE001 - the others, and the next round, must go on
                _log.exception("a fault of the token server", extra={"what": each.name})


class Fingerprint:
    """Tells by names and content whether files changed; reads again only what may have.

    A time stamp alone proves nothing: two changes may bear the same one. It is trusted only once it is older
    than the coarsest clock of any file system, and never for longer than a minute.
    """

    def __init__(self, files: Callable[[], Iterable[Path]], clock: Callable[[], float] = time.time) -> None:
        """Make one.

        Args:
            files: Lists the files, in the same order each time.
            clock: Gives seconds since the epoch.
        """
        self._files = files
        self._clock = clock
        self._known: dict[Path, tuple[tuple[int, ...], float, bytes]] = {}

    def __call__(self) -> bytes:
        """Give the fingerprint.

        Raises:
            OSError: A file cannot be read, or is none.
        """
        known = {path: self._one(path) for path in self._files()}
        self._known = known
        whole = hashlib.sha256()
        for path, (_, _, digest) in known.items():
            whole.update(hashlib.sha256(os.fsencode(path)).digest() + digest)
        return whole.digest()

    def _one(self, path: Path) -> tuple[tuple[int, ...], float, bytes]:
        status, now = path.stat(), self._clock()
        if not stat.S_ISREG(status.st_mode):  # a pipe or a device might give nothing, for ever, or no end
            raise OSError(errno.EINVAL, "is no regular file", str(path))
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
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.digest()
