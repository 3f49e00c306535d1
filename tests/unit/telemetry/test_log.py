"""The log."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator

import pytest
import structlog

from app.errors import Code, DirectoryUnavailable
from app.telemetry import log
from app.telemetry.record import ISSUED, Timings
from app.telemetry.request_log import RequestLog
from tests.support.records import token_record


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Return each test a logging of its own and put the former back."""
    root = logging.getLogger()
    handlers, level, of_threads = list(root.handlers), root.level, threading.excepthook
    yield
    threading.excepthook = of_threads
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def _lines(captured: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(text) for text in captured.readouterr().err.splitlines()]


@pytest.mark.parametrize(
    ("outcome", "level"),
    [
        (ISSUED, "info"),
        (Code.WRONG_CREDENTIALS, "info"),
        (Code.DIRECTORY_UNAVAILABLE, "warning"),
        (Code.DIRECTORY_MISCONFIGURED, "error"),
        (Code.INTERNAL, "error"),
    ],
)
def test_a_request_is_one_line_whose_level_says_whom_it_concerns(
    capsys: pytest.CaptureFixture[str], outcome: str, level: str
) -> None:
    """A wrong password is information; what an administrator must see is an error."""
    log.configure("info")
    RequestLog().record(token_record(outcome=outcome, milliseconds=Timings(1.23456, all=2)))
    (line,) = _lines(capsys)
    assert (line["event"], line["outcome"], line["level"]) == ("token request", outcome, level)
    assert (line["ms_login"], line["ms"], line["request_id"]) == (1.235, 2, "id-1")


def test_libraries_log_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    """A line of the standard library's logging is JSON with its extra fields."""
    log.configure("info")
    logging.getLogger("gunicorn.error").warning("worker %s", 7, extra={"detail": "x"})
    (line,) = _lines(capsys)
    assert (line["event"], line["logger"], line["detail"]) == ("worker 7", "gunicorn.error", "x")


def test_nothing_that_a_client_sends_moves_a_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that somebody typed is shown, and obeyed by no terminal."""
    log.configure("info")
    typed = "zoë \x1b[2J \x9b2J \u202e"
    RequestLog().record(token_record(outcome=Code.WRONG_CREDENTIALS, username=typed))
    (shown,) = capsys.readouterr().err.splitlines()
    assert shown.isprintable()
    assert "zoë" in shown
    assert json.loads(shown)["username"] == typed


def test_the_level_is_heeded(capsys: pytest.CaptureFixture[str]) -> None:
    """At `error` the requests are silent."""
    log.configure("error")
    RequestLog().record(token_record())
    assert _lines(capsys) == []


def _fault(error: BaseException, cause: BaseException | None = None) -> None:
    """Have an exception logged, with what led to it."""
    try:
        raise error from cause
    except type(error):
        logging.getLogger("x").exception("fault")


def test_a_traceback_shows_places_and_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a local variable nor the text of an error: a library puts into it what it was given."""
    log.configure("info")
    marked = "marked-" + "password"
    _fault(ValueError(f"invalid literal: {marked}"), KeyError(marked))
    (line,) = _lines(capsys)
    told = str(line["exception"])
    assert "in _fault" in told
    assert told.index("KeyError") < told.index("ValueError")
    assert "marked-password" not in str(line)


def test_a_text_that_is_harmless_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Our own errors' details, and what the system says of a file."""
    log.configure("info")
    _fault(DirectoryUnavailable("no server answers"), FileNotFoundError(2, "No such file", "rules.yaml"))
    (line,) = _lines(capsys)
    assert "DirectoryUnavailable: no server answers" in str(line["exception"])
    assert "FileNotFoundError: No such file rules.yaml" in str(line["exception"])


def test_a_thread_that_ends_with_a_fault_is_a_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    """Python would write it to standard error in its own form, text and all."""
    log.configure("info")
    own = threading.Thread(target=_raise, args=(ValueError("marked-password"),), name="watcher")
    own.start()
    own.join()
    (line,) = _lines(capsys)
    assert (line["event"], line["thread"]) == ("a thread ended with a fault", "watcher")
    assert "ValueError" in str(line["exception"])
    assert "marked-password" not in str(line)


def _raise(error: BaseException) -> None:
    raise error
