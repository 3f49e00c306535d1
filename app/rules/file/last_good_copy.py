"""The copy of the last accepted rules of a realm, in a folder of the server's own.

A worker that starts later, and a server that is started anew, do not depend on what the files happen to hold
just then.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import stat
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from app import files
from app.errors import ConfigurationError
from app.rules.file import load
from app.rules.file.paths import FileText
from app.rules.model import RuleSet

_log = logging.getLogger("wharfinger.rules")
_MODE = 0o600
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class LastGoodCopy:
    """A file that begins with the hash of the rest.

    Attributes:
        file: Where it lies; its folder is made when it is needed.
        path: Where the rules themselves lie: a copy of others is none.
    """

    file: Path
    path: Path

    def write(self, texts: Sequence[FileText]) -> None:
        """Write it, whole or not at all; where that fails, it is logged, and the rules hold all the same."""
        data = self._content(texts)
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

    def holds(self, texts: Sequence[FileText]) -> bool:
        """Whether the copy is of just these files; one that cannot be read is not."""
        try:
            return self._begins_with(_head(self._content(texts)))
        except OSError:
            return False

    def read(self) -> RuleSet | None:
        """Return the rules of the copy; None where there is none that can be trusted, and why is logged.

        Their tests are not run: they passed when the rules were accepted, and the date of one may be over.
        """
        try:
            return load.compiled(self._texts()).rules
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, ConfigurationError) as error:
            extra = {"file": str(self.file), "detail": str(error)}
            _log.error("the copy of the last good rules cannot be used", extra=extra)
            return None

    def _texts(self) -> tuple[FileText, ...]:
        """Read the files of the copy.

        Raises:
            OSError: It cannot be read.
            ValueError: Somebody else may have written it, it is damaged, or it is of other rules.
        """
        with files.opened(self.file, follow_links=False) as file:
            _check_owner(os.fstat(file.fileno()), "it")
            _check_owner(self.file.parent.stat(), "its folder")
            head, data = file.readline(), file.read()
        if head != _head(data):
            raise ValueError("it is damaged")
        content = json.loads(data)
        if content["rules"] != str(self.path):
            raise ValueError(f"it is of {content['rules']}")
        return tuple(FileText(**each) for each in content["files"])

    def _content(self, texts: Sequence[FileText]) -> bytes:
        content = {"rules": str(self.path), "files": [asdict(each) for each in texts]}
        return json.dumps(content, ensure_ascii=False).encode()

    def _begins_with(self, head: bytes) -> bool:
        try:
            with files.opened(self.file) as file:
                return file.readline() == head
        except FileNotFoundError:
            return False


def _check_owner(status: os.stat_result, what: str) -> None:
    """Check that nobody else can change a file or a folder.

    Raises:
        ValueError: Somebody can.
    """
    if status.st_uid not in (0, os.geteuid()) or status.st_mode & _OTHERS_MAY_WRITE:
        raise ValueError(f"others may write {what}")


def _head(data: bytes) -> bytes:
    return f"wharfinger-last-good sha256:{hashlib.sha256(data).hexdigest()}\n".encode()
