"""What was last read from files without a fault."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.errors import ConfigurationError, Problem

T = TypeVar("T")
_log = logging.getLogger("wharfinger.watch")
_SETTLE = 0.1
_TRIES = 20
"""How often files that keep changing are looked at, before they are left to the next round."""
_SHOWN_PROBLEMS = 20
STALE_AFTER = 60.0
"""Seconds without a finished look, after which what is in force may be other than what the files hold."""


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """What was read.

    Attributes:
        value: What it is.
        accepted: Called once the value is in force.
    """

    value: T
    accepted: Callable[[], object] = lambda: None


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
        load: Callable[[], Loaded[T]],
        fingerprint: Callable[[], bytes],
        first: T,
        *,
        seen: bytes | None = None,
        fault: ConfigurationError | None = None,
        settle: float = _SETTLE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin.

        Args:
            name: What it is, for the log.
            load: Reads the files; raises ConfigurationError where they cannot be used.
            fingerprint: Hashes what the files hold.
            first: What is in force until the files change.
            seen: The fingerprint that they had when `first` was read, or when it was found that they cannot
                be used; None is unknown: then the first refresh reads them.
            fault: Why `first` is not what they hold.
            settle: Seconds for which files that changed must have stayed the same.
            monotonic: Returns seconds.
        """
        self.name = name
        self.current = first
        self.fault = fault
        self._load = load
        self._fingerprint = fingerprint
        self._seen = seen
        self._settle = settle
        self._monotonic = monotonic
        self._looked_at = monotonic()
        self._logged = str(fault) if fault is not None else ""
        self._listeners: list[Callable[[LastGood[T]], object]] = []
        self._lock = threading.Lock()

    @property
    def is_stale(self) -> bool:
        """Whether the last look at the files ended too long ago; one that hangs never ends."""
        return self._monotonic() - self._looked_at > STALE_AFTER

    def subscribe(self, listener: Callable[[LastGood[T]], object]) -> None:
        """Have a function called now, and whenever the files have been read, whatever came of it."""
        self._listeners.append(listener)
        listener(self)

    def catch_up(self) -> None:
        """Take over what there is by now, in a process that has answered no request yet."""
        self.refresh()

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
            is_new = False
            if found != self._seen or (self.fault is not None and (again or self._is_due())):
                is_new = self._read_settled(found)
            self._looked_at = self._monotonic()
            return is_new

    def _is_due(self) -> bool:
        """Whether what was wrong with the files may be so no longer, although they are the same."""
        return False

    def _read_settled(self, found: bytes) -> bool:
        """Read files once they have come to rest, so that nobody decides by half of a change."""
        for _ in range(_TRIES):
            time.sleep(self._settle)
            before, found = found, self._look()
            if before != found:
                continue
            loaded, fault = self._try()
            if self._look() == found:
                self._seen = found
                return self._accept(loaded, fault)
        _log.warning("files keep changing; looking again soon", extra={"what": self.name})
        return False

    def _look(self) -> bytes:
        """Return the fingerprint; that of files which cannot be read is what they fail with."""
        try:
            return self._fingerprint()
        except (OSError, ConfigurationError) as error:
            return b"fault " + str(error).encode(errors="backslashreplace")

    def _try(self) -> tuple[Loaded[T] | None, ConfigurationError | None]:
        try:
            return self._load(), None
        except ConfigurationError as error:
            return None, error
        except Exception as error:  # noqa: BLE001 - it must not end the thread that would read the mended file
            _log.exception("a fault of the token server", extra={"what": self.name})
            text = f"cannot be read: {type(error).__name__}"
            return None, ConfigurationError([Problem.of_file(self.name, text)])

    def adopt(self, value: T) -> None:
        """Put in force what another process accepted; whether the files have a fault stays as it is."""
        self.current = value
        self._call_listeners()

    def _accept(self, loaded: Loaded[T] | None, fault: ConfigurationError | None) -> bool:
        if loaded is not None:
            self.current = loaded.value
            loaded.accepted()
        self.fault = fault
        self._log_fault()
        self._call_listeners()
        return loaded is not None

    def _call_listeners(self) -> None:
        for listener in self._listeners:
            listener(self)

    def _log_fault(self) -> None:
        """Log a fault once, and that it is gone."""
        text = str(self.fault) if self.fault is not None else ""
        if self.fault is not None and text != self._logged:
            problems = [str(problem) for problem in self.fault.problems]
            extra = {"what": self.name, "problems": problems[:_SHOWN_PROBLEMS], "count": len(problems)}
            _log.error("the files cannot be used; the last good ones stay in force", extra=extra)
        elif self.fault is None:
            _log.info("read anew", extra={"what": self.name, "after_a_fault": bool(self._logged)})
        self._logged = text
