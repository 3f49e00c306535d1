"""The log: JSON lines on standard error, one canonical line per request.

The program's own modules, gunicorn and every library log through the standard library; structlog renders all
of it. An exception is logged with its type and the places of its traceback, without values: a library may put
into the text of an error whatever it was given, and that may be a password.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

import structlog

from app.configfile.fields import Section
from app.errors import Code, WharfingerError
from app.telemetry import json_text
from app.telemetry.record import TokenRecord

_log = structlog.stdlib.get_logger("wharfinger.token")
_OURS = frozenset({Code.DIRECTORY_MISCONFIGURED, Code.INTERNAL, Code.AUDIT_UNAVAILABLE})
_PASSING = frozenset({Code.DIRECTORY_UNAVAILABLE})


class LogSettings(Section):
    """The `log` section of the configuration file."""

    level: Literal["debug", "info", "warning", "error"] = "info"


def configure(level: str) -> None:
    """Send all logging of this process to standard error as JSON lines."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.stdlib.ExtraAdder(),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.ExceptionRenderer(places),
            structlog.processors.JSONRenderer(_as_json),
        ],
    )
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(formatter)
    logging.basicConfig(handlers=[stream], level=level.upper(), force=True)
    threading.excepthook = _tell_of_thread
    logging.getLogger("ldap3").setLevel(logging.CRITICAL)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _as_json(event: Mapping[str, object], default: Callable[[object], object]) -> str:
    return json_text.dumps(event, default=default)


def places(exc_info: structlog.typing.ExcInfo) -> str:
    """Return where an exception came from and its type; its text only where that is harmless."""
    return "\n".join(reversed([*_chain(exc_info[1])]))


def _chain(error: BaseException | None) -> Iterator[str]:
    told: set[int] = set()
    while error is not None and id(error) not in told:
        told.add(id(error))
        where = "".join(traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__)).format())
        text = _text(error)
        yield f"{where}{type(error).__name__}{text and f': {text}'}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _text(error: BaseException) -> str:
    if isinstance(error, WharfingerError):
        return str(error)
    if isinstance(error, OSError):
        return " ".join(str(each) for each in (error.strerror, error.filename) if each)
    return ""


def _tell_of_thread(arguments: threading.ExceptHookArgs) -> None:
    name = arguments.thread.name if arguments.thread else ""
    _log.error("a thread ended with a fault", thread=name, exc_info=arguments.exc_value)


class RequestLog:
    """Writes the canonical line of each request."""

    def record(self, record: TokenRecord) -> None:
        """Write the line of a request: an error for a fault of ours, a warning if the directory is down."""
        outcome = record.outcome
        write = _log.error if outcome in _OURS else _log.warning if outcome in _PASSING else _log.info
        write("token request", **_fields(record))


def _fields(record: TokenRecord) -> Mapping[str, object]:
    timings = record.milliseconds
    fields: dict[str, object] = {
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
        "detail": record.detail,
    }
    return fields | {name: value for name, value in optional.items() if value}
