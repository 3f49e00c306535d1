"""The log: JSON lines on standard error.

The program's own modules, gunicorn and every library log through the standard library; structlog renders all
of it, but for the lines of requests, which come too often for that. An exception is logged with its type and
the places of its traceback, without values: a library may put into the text of an error whatever it was
given, and that may be a password.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from typing import Literal, TextIO

import structlog

from app.configfile.fields import Section
from app.errors import WharfingerError
from app.telemetry import json_text

_log = structlog.stdlib.get_logger("wharfinger.token")
_stream: logging.StreamHandler[TextIO] = logging.StreamHandler()
"""Takes all lines; to standard error as it is when the logging is configured."""


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
    _stream.stream = sys.stderr
    _stream.setFormatter(formatter)
    logging.basicConfig(handlers=[_stream], level=level.upper(), force=True)
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
    return json_text.line(event, default).decode().removesuffix("\n")


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


class LineLogger:
    """Writes lines of one logger as they are, without a record of the standard library's for each."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def info(self, event: str, fields: Mapping[str, object]) -> None:
        """Write a line that says how things go."""
        self._write(logging.INFO, "info", event, fields)

    def warning(self, event: str, fields: Mapping[str, object]) -> None:
        """Write a line about what may pass by itself."""
        self._write(logging.WARNING, "warning", event, fields)

    def error(self, event: str, fields: Mapping[str, object]) -> None:
        """Write a line about what somebody has to see to."""
        self._write(logging.ERROR, "error", event, fields)

    def _write(self, level: int, word: str, event: str, fields: Mapping[str, object]) -> None:
        if not self._logger.isEnabledFor(level):
            return
        time = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        line = json_text.line(
            {**fields, "event": event, "level": word, "logger": self._logger.name, "time": time}
        )
        # as the standard library's logging, it fails no request where nobody takes the line
        with suppress(OSError, ValueError), _stream.lock or nullcontext():
            _stream.stream.write(line.decode())
            _stream.flush()
