"""One line of the audit stream, read strictly (docs/reference/audit-log.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.errors import UnfitError
from app.protocol.scope import Scope, parse

SCHEMA = 1
_OTHER_EVENTS = ("rules", "resumed")
_TORN_END = b" torn\n"
_LISTS = ("asked", "granted", "rules")
_TEXTS = ("request_id", "realm", "outcome", "subject", "address", "service")


@dataclass(frozen=True, slots=True)
class AuditLine:
    """What became of one request.

    Attributes:
        time: Aware.
        subject: Who logged in; empty for nobody.
        account: What a refused login is counted under; empty for others.
        rules: The ids of the rules that allowed or denied something.
        fields: The whole line.
    """

    time: datetime
    request_id: str
    realm: str
    outcome: str
    subject: str
    account: str
    address: str
    service: str
    asked: tuple[Scope, ...]
    granted: tuple[Scope, ...]
    rules: tuple[str, ...]
    fields: Mapping[str, Any]


def read(line: bytes) -> AuditLine | None:
    """Read a line; None for one that is of no request.

    Raises:
        UnfitError: It is none, or not whole.
    """
    if not line.endswith(b"\n"):
        raise UnfitError("is torn", "it has no end")
    if line.endswith(_TORN_END):
        raise UnfitError("is torn", "it could not be written whole, so no token was issued")
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        raise UnfitError("is no JSON", "a line that is torn, or two in one") from None
    event = fields.get("event") if isinstance(fields, dict) and fields.get("schema") == SCHEMA else None
    if event not in ("token", *_OTHER_EVENTS):
        raise UnfitError("is no line of the audit stream", f"schema {SCHEMA}, event token")
    if event != "token":
        _time(str(fields.get("time")))
        return None
    _check(fields)
    return AuditLine(
        time=_time(fields["time"]),
        **{key: fields[key] for key in _TEXTS},
        account=str(fields.get("account", "")),
        asked=_scopes(fields["asked"]),
        granted=_scopes(fields["granted"]),
        rules=tuple(fields["rules"]),
        fields=fields,
    )


def _check(fields: Mapping[str, Any]) -> None:
    wrong = [key for key in ("time", *_TEXTS) if not isinstance(fields.get(key), str)]
    for key in _LISTS:
        value = fields.get(key)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            wrong.append(key)
    if wrong:
        raise UnfitError("is not whole", f"without a proper {' or '.join(wrong)}")


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise UnfitError("is not whole", "without a proper time")
    return time


def _scopes(texts: list[str]) -> tuple[Scope, ...]:
    """Parse scopes; those of another version's grammar are left out."""
    return tuple(scope for text in texts if (scope := parse(text)) is not None)
