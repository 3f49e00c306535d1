"""The audit stream: one JSON line per request to the token endpoint (docs/reference/audit-log.md).

A line is one `write` to a descriptor in append mode, so that lines of several processes do not mix. A token
whose line cannot be written is not issued.
"""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC
from pathlib import Path
from typing import Literal

from pydantic import field_validator

from app.configfile.fields import Section, wrong
from app.errors import AuditUnavailable
from app.telemetry.record import ISSUED, TokenRecord

SCHEMA = 1
_STDOUT = 1
_MODE = 0o640


class AuditSettings(Section):
    """The `audit` section of the configuration file."""

    to: Literal["stdout"] | Path = "stdout"

    @field_validator("to", mode="before")
    @classmethod
    def _names_something(cls, value: object) -> object:
        if value == "":
            raise wrong("the audit stream goes nowhere", "write stdout, or the path of a file")
        return value


class AuditStream:
    """Writes audit lines to standard output or a file."""

    def __init__(self, to: Path | None) -> None:
        """Prepare to write to a file; None is standard output. The file is opened when it is first needed."""
        self._path = to
        self._descriptor = _STDOUT if to is None else -1
        self._lock = threading.Lock()

    def record(self, record: TokenRecord) -> None:
        """Write a line.

        Raises:
            AuditUnavailable: It could not be written whole.
        """
        data = line(record)
        try:
            with self._lock:
                if self._descriptor < 0 and self._path is not None:
                    self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _MODE)
                written = os.write(self._descriptor, data)
        except OSError as error:
            raise AuditUnavailable(f"the audit stream: {error.strerror}") from None
        if written != len(data):
            raise AuditUnavailable("the audit stream took only part of a line")


def line(record: TokenRecord) -> bytes:
    """Format a record as a line of JSON."""
    moment = record.time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event: dict[str, object] = {
        "schema": SCHEMA,
        "time": moment,
        "event": "token",
        "request_id": record.request_id,
        "realm": record.realm,
        "outcome": record.outcome,
        "subject": record.subject,
        "subject_id": record.subject_id,
        "address": record.address,
        "client": record.client,
        "user_agent": record.user_agent,
        "service": record.service,
        "asked": record.asked,
        "granted": record.granted,
        "scopes_dropped": record.scopes_dropped,
        "rules": record.rules,
        "rules_version": record.rules_version,
        "key_id": record.key_id,
        "milliseconds": round(record.milliseconds.all, 3),
    }
    if record.candidate is not None:
        event["candidate"] = {
            "rules_version": record.candidate.rules_version,
            "gained": record.candidate.gained,
            "lost": record.candidate.lost,
        }
    if record.outcome != ISSUED:
        event["username"] = record.username
        event["spared"] = record.spared
    return (
        json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
        + b"\n"
    )
