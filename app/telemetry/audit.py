"""The audit stream: one JSON line per request to the token endpoint (docs/reference/audit-log.md).

A token whose line cannot be written is not issued. Two other events have lines of their own: other
rules are in force, and lines can be written again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Literal

from pydantic import field_validator

from app.configfile.fields import Section
from app.errors import AuditUnavailable, UnfitError
from app.telemetry import json_text
from app.telemetry.line_file import LineFile
from app.telemetry.record import ISSUED, TokenRecord

_log = logging.getLogger("wharfinger.audit")
SCHEMA = 1
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

    def __init__(
        self,
        to: Path | None,
        clock: Callable[[], datetime],
        report_failing: Callable[[bool], object] = lambda _: None,
    ) -> None:
        """Open nothing yet.

        Args:
            to: The file; None is standard output.
            clock: Returns the time (aware).
            report_failing: Called when lines can be written no more, and when they can again.
        """
        self._file = LineFile(to)
        self._clock = clock
        self._report_failing = report_failing

    def check(self) -> None:
        """Find out whether lines can be written, before the first; make the file where it is missing.

        Raises:
            OSError: They cannot.
        """
        self._file.check()

    def reopen(self) -> None:
        """Have the file opened anew for the next line; may be called from a signal's handler."""
        self._file.reopen()

    def record(self, record: TokenRecord) -> None:
        """Write the line of a request.

        Raises:
            AuditUnavailable: It could not be written whole.
        """
        self._append(line(record))

    def tell_rules(self, realm: str, numbers: Mapping[str, object]) -> None:
        """Write which rules are in force in place of which: they are, also where that cannot be written."""
        try:
            self._append(self._event("rules", {"realm": realm, **numbers}))
        except AuditUnavailable as error:
            extra = {"what": f"the rules of realm {realm}", "detail": error.detail}
            _log.error("other rules are not in the audit stream", extra=extra)

    def ping(self) -> None:
        """Find out whether lines can be written, where the last one could not, by a line that says so.

        Otherwise a server that gets no request because of that would never find out.

        Raises:
            AuditUnavailable: They still cannot.
        """
        if self._file.has_failed:
            self._append(self._event("resumed", {}))

    def _event(self, event: str, fields: Mapping[str, object]) -> bytes:
        time = _written(self._clock())
        return json_text.line({"schema": SCHEMA, "time": time, "event": event, **fields})

    def _append(self, data: bytes) -> None:
        failed = self._file.has_failed
        try:
            self._file.append(data)
        except OSError as error:
            detail = f"the audit stream: {error.strerror}"
            if not failed:
                _log.error("the audit stream cannot be written", extra={"detail": detail})
                self._report_failing(True)  # noqa: FBT003 - it takes one value
            raise AuditUnavailable(detail) from None
        if failed:
            _log.info("the audit stream can be written again")
            self._report_failing(False)  # noqa: FBT003 - as above


def line(record: TokenRecord) -> bytes:
    """Format a record as a line of JSON."""
    event: dict[str, object] = {
        "schema": SCHEMA,
        "time": _written(record.time),
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
    if record.denial is not None:
        event["denial"] = record.denial.id
    if record.outcome != ISSUED:
        event["username"] = record.username
        event["account"] = record.account
        event["spared"] = record.spared
    return json_text.line(event)


def _written(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
