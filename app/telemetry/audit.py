"""The audit stream: one JSON line per request to the token endpoint (docs/reference/audit-log.md).

A line is one `write` to a descriptor in append mode, so that lines of several processes do not mix; to a
pipe, which takes only 4 KiB at once, the workers of a server write in turn. A token whose line cannot be
written is not issued.
"""

from __future__ import annotations

import fcntl
import os
import stat
import threading
from datetime import UTC
from itertools import accumulate
from pathlib import Path
from typing import Literal

from pydantic import field_validator

from app.configfile.fields import Section
from app.errors import AuditUnavailable, UnfitError
from app.telemetry import json_text
from app.telemetry.record import ISSUED, TokenRecord

SCHEMA = 1
_STDOUT = 1
_MODE = 0o640
_LONGEST_GROUPS = 16_384
"""Characters of groups and attributes in one line: two hundred groups with their DNs."""


class AuditSettings(Section):
    """The `audit` section of the configuration file."""

    to: Literal["stdout"] | Path = "stdout"

    @field_validator("to", mode="before")
    @classmethod
    def _names_something(cls, value: object) -> object:
        if value == "":
            raise UnfitError("the audit stream goes nowhere", "write stdout, or the path of a file")
        return value


class AuditStream:
    """Writes audit lines to standard output or a file."""

    def __init__(self, to: Path | None) -> None:
        """Prepare to write to a file; None is standard output. The file is opened when it is first needed."""
        self._path = to
        self._descriptor, self._is_file = -1, False
        self._lock = threading.Lock()
        # a lock on a file that has no name goes with its process, however that ends
        self._turn = os.memfd_create("wharfinger-audit")

    def record(self, record: TokenRecord) -> None:
        """Write a line.

        Raises:
            AuditUnavailable: It could not be written whole.
        """
        data = line(record)
        try:
            with self._lock:
                if self._descriptor < 0:
                    self._open()
                written = self._write(data)
        except OSError as error:
            raise AuditUnavailable(f"the audit stream: {error.strerror}") from None
        if written != len(data):
            raise AuditUnavailable("the audit stream took only part of a line")

    def _open(self) -> None:
        descriptor = _STDOUT
        if self._path is not None:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _MODE)
        self._is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        self._descriptor = descriptor

    def _write(self, data: bytes) -> int:
        if self._is_file:
            return os.write(self._descriptor, data)
        fcntl.lockf(self._turn, fcntl.LOCK_EX)
        try:
            return os.write(self._descriptor, data)
        finally:
            fcntl.lockf(self._turn, fcntl.LOCK_UN)


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
        **_groups(record),
        "address": record.client.address_text,
        "client": record.client.name,
        "user_agent": record.client.user_agent,
        "service": record.service,
        "asked": [str(scope) for scope in record.asked],
        "granted": [str(entry) for entry in record.granted],
        "scopes_dropped": record.scopes_dropped,
        "rules": record.rules,
        "rules_version": record.rules_version,
        "key_id": record.key_id,
        "milliseconds": round(record.milliseconds.all, 3),
    }
    if record.candidate is not None:
        event["candidate"] = {
            "rules_version": record.candidate.rules_version,
            "gained": [str(entry) for entry in record.candidate.gained],
            "lost": [str(entry) for entry in record.candidate.lost],
        }
    if record.outcome != ISSUED:
        event["username"] = record.username
        event["account"] = record.account
        event["spared"] = record.spared
    return json_text.line(event)


def _groups(record: TokenRecord) -> dict[str, object]:
    """Return what the decision was made with; of too much the first, and how many are left out."""
    attributes = {name: list(values) for name, values in record.attributes.items()}
    if not attributes and sum(map(len, (*record.groups, *record.group_dns))) <= _LONGEST_GROUPS:
        return {
            "groups": record.groups,
            "group_dns": record.group_dns,
            "attributes": attributes,
            "groups_dropped": 0,
        }
    left = _LONGEST_GROUPS - sum(len(name) + sum(map(len, values)) for name, values in attributes.items())
    without_attributes = left < 0
    lengths = accumulate(
        len(name) + len(place) for name, place in zip(record.groups, record.group_dns, strict=True)
    )
    kept = 0 if without_attributes else sum(length <= left for length in lengths)
    return {
        "groups": record.groups[:kept],
        "group_dns": record.group_dns[:kept],
        "attributes": {} if without_attributes else attributes,
        "groups_dropped": len(record.groups) - kept + (len(attributes) if without_attributes else 0),
    }
