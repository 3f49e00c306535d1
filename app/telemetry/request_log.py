"""The canonical line of each request to the token endpoint."""

from __future__ import annotations

from collections.abc import Mapping

from app.errors import Code
from app.telemetry.log import LineLogger
from app.telemetry.record import TokenRecord

_log = LineLogger("wharfinger.token")
_OURS = frozenset({Code.DIRECTORY_MISCONFIGURED, Code.INTERNAL, Code.AUDIT_UNAVAILABLE})
_PASSING = frozenset({Code.DIRECTORY_UNAVAILABLE})


class RequestLog:
    """Writes the canonical line of each request."""

    def record(self, record: TokenRecord) -> None:
        """Write the line of a request: an error for a fault of ours, a warning if the directory is down."""
        outcome = record.outcome
        write = _log.error if outcome in _OURS else _log.warning if outcome in _PASSING else _log.info
        write("token request", fields(record))


def fields(record: TokenRecord) -> Mapping[str, object]:
    """Return what the line says, besides what every line does."""
    timings = record.milliseconds
    always: dict[str, object] = {
        "request_id": record.request_id,
        "realm": record.realm,
        "outcome": record.outcome,
        "subject": record.subject,
        "address": record.client.address_text,
        "service": record.service,
        "asked": [str(scope) for scope in record.asked],
        "granted": [str(entry) for entry in record.granted],
        "rules": record.rules,
        "rules_version": record.rules_version,
        "ms_login": round(timings.login, 3),
        "ms_deciding": round(timings.deciding, 3),
        "ms_signing": round(timings.signing, 3),
        "ms": round(timings.all, 3),
    }
    optional = {
        "scopes_dropped": record.scopes_dropped,
        "username": record.username,
        "spared": record.spared,
        "denial": record.denial.id if record.denial is not None else "",
        "detail": record.detail,
    }
    return always | {name: value for name, value in optional.items() if value}
