"""The rules of a realm while the server runs: read anew when they change, the last good ones kept.

A copy of the last accepted files lies in a folder of the server's own, so that a worker that starts later,
and a server that is started anew, do not depend on what the files happen to hold just then.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from app import files
from app.errors import ConfigurationError
from app.rules.file import load
from app.rules.file.load import Source
from app.rules.model import RuleSet
from app.watch import Fingerprint, LastGood

_log = logging.getLogger("wharfinger.rules")
_SHOWN_PROBLEMS = 20
_MODE = 0o600
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class LastGoodCopy:
    """The copy of the last accepted rules of one realm: a file with its own hash in the first line.

    Attributes:
        file: Where it lies; its folder is made when it is needed.
        path: Where the rules themselves lie: a copy of others stands for nothing.
    """

    file: Path
    path: Path

    def write(self, sources: Sequence[Source]) -> None:
        """Write it, whole or not at all; where that fails, it is logged, and the rules hold all the same."""
        content = {"rules": str(self.path), "files": [asdict(source) for source in sources]}
        data = json.dumps(content, ensure_ascii=False).encode()
        head = _head(data)
        try:
            if self._begins_with(head):
                return
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_owner(self.file.parent.stat(), "its folder")
            files.replace(self.file, head + data, mode=_MODE)
        except (OSError, ValueError) as error:
            extra = {"file": str(self.file), "detail": str(error)}
            _log.error("the last good rules cannot be kept", extra=extra)

    def read(self) -> RuleSet | None:
        """Give the rules of the copy; None where there is none that can be trusted, and why is logged."""
        try:
            return load.restore(self._sources())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, ConfigurationError) as error:
            extra = {"file": str(self.file), "detail": str(error)}
            _log.error("the copy of the last good rules cannot be used", extra=extra)
            return None

    def _sources(self) -> tuple[Source, ...]:
        """Read the files of the copy.

        Raises:
            OSError: It cannot be read.
            ValueError: Somebody else may have written it, it is damaged, or it is of other rules.
        """
        with open(os.open(self.file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123 - no link
            _check_owner(os.fstat(file.fileno()), "it")
            _check_owner(self.file.parent.stat(), "its folder")
            head, data = file.readline(), file.read()
        if head != _head(data):
            raise ValueError("it is damaged")
        content = json.loads(data)
        if content["rules"] != str(self.path):
            raise ValueError(f"it is of {content['rules']}")
        return tuple(Source(**each) for each in content["files"])

    def _begins_with(self, head: bytes) -> bool:
        try:
            with self.file.open("rb") as file:
                return file.readline() == head
        except FileNotFoundError:
            return False


class LiveRules(LastGood[RuleSet]):
    """The rules that a realm decides by."""

    def __init__(
        self, realm: str, path: Path, clock: Callable[[], datetime], copy: LastGoodCopy | None = None
    ) -> None:
        """Read them for the first time.

        Args:
            realm: Its name, for the log.
            path: The file or folder.
            clock: Gives the time (aware, UTC) at which their tests take place.
            copy: Where the last good ones are kept; None keeps none.

        Raises:
            ConfigurationError: They cannot be used, and there is no copy.
        """
        self._path, self._clock, self._copy = path, clock, copy
        self._sources: tuple[Source, ...] = ()
        look = Fingerprint(lambda: load.files(path))
        seen = _seen(look)
        first, fault = self._first()
        super().__init__(f"the rules of realm {realm}", self._read, look, first, seen=seen, fault=fault)
        self.subscribe(lambda _: self._keep())
        if fault is not None:
            problems = [str(problem) for problem in fault.problems[:_SHOWN_PROBLEMS]]
            extra = {"what": self.name, "rules_version": first.version, "problems": problems}
            _log.error("started with the last good copy, for the files cannot be used", extra=extra)

    def catch_up(self) -> None:
        """Take over what other processes accepted while the files were good, before they were not."""
        if self.fault is None or self._copy is None:
            return
        kept = self._copy.read()
        if kept is not None and kept.version != self.current.version:
            self.current = kept

    def _first(self) -> tuple[RuleSet, ConfigurationError | None]:
        try:
            return self._read(), None
        except ConfigurationError as error:
            kept = self._copy.read() if self._copy is not None else None
            if kept is None:
                raise
            return kept, error

    def _read(self) -> RuleSet:
        load.check_regular(self._path)
        rules, self._sources = load.read(self._path, self._clock())
        return rules

    def _keep(self) -> None:
        """Keep a copy of what is in force; called once it is."""
        if self._copy is not None and self._sources and self.fault is None:
            self._copy.write(self._sources)
        self._sources = ()


class CandidateRules(LastGood[RuleSet | None]):
    """Rules that decide nothing: what they would change is told. None until they can be read."""

    def __init__(self, realm: str, path: Path, clock: Callable[[], datetime]) -> None:
        """Read them for the first time; a fault of theirs is no fault of the server."""
        self._path, self._clock = path, clock
        look = Fingerprint(lambda: load.files(path))
        super().__init__(f"the candidate rules of realm {realm}", self.read, look, None)

    def read(self) -> RuleSet:
        """Read them, to no effect.

        Raises:
            ConfigurationError: They cannot be used.
        """
        load.check_regular(self._path)
        return load.load(self._path, self._clock())


def _seen(look: Fingerprint) -> bytes | None:
    """Give the fingerprint of files that are about to be read; None where it is not to be had."""
    try:
        return look()
    except (OSError, ConfigurationError):
        return None


def _check_owner(status: os.stat_result, what: str) -> None:
    """Check that nobody else can change a file or a folder.

    Raises:
        ValueError: Somebody can.
    """
    if status.st_uid not in (0, os.geteuid()) or status.st_mode & _OTHERS_MAY_WRITE:
        raise ValueError(f"others may write {what}")


def _head(data: bytes) -> bytes:
    return f"wharfinger-last-good sha256:{hashlib.sha256(data).hexdigest()}\n".encode()
