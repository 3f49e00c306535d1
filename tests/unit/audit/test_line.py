"""Lines of the audit stream, read again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit.line import AuditLine, read
from app.errors import Code, UnfitError
from app.telemetry.audit import line
from app.telemetry.line_file import TORN_END
from tests.support import records

_RECORD = records.token_record(
    subject="bob",
    service="registry.example.com",
    asked=records.scopes("repository:web/app:pull,push", "registry:catalog:*"),
    granted=records.access("repository:web/app:pull"),
    rules=("teams",),
    rules_version="v",
)
GOOD = line(_RECORD)


def _request(text: bytes) -> AuditLine:
    found = read(text)
    assert found is not None
    return found


def test_a_line_is_what_was_written() -> None:
    """Time, subject, scopes and rules are those of the record."""
    read_again = _request(GOOD)
    assert (read_again.time, read_again.subject, read_again.outcome) == (records.NOW, "bob", "issued")
    assert (read_again.asked, read_again.rules) == (_RECORD.asked, ("teams",))
    assert [str(scope) for scope in read_again.granted] == ["repository:web/app:pull"]
    assert (read_again.realm, read_again.request_id, read_again.account) == ("demo", "id-1", "")


def test_a_refused_login_has_its_account() -> None:
    """What it is counted under; nobody has logged in."""
    refused = _request(
        line(records.token_record(outcome=Code.WRONG_CREDENTIALS, account="alice", username="ALICE"))
    )
    assert (refused.subject, refused.account) == ("", "alice")


@given(st.integers(1, len(GOOD) - 1))
def test_a_line_that_is_torn_anywhere_is_none(cut: int) -> None:
    """At the end of a file, and where another line follows in the same one."""
    for torn in (GOOD[:cut], GOOD[:cut] + GOOD, GOOD[cut:], GOOD[:-1] + GOOD):
        with pytest.raises(UnfitError):
            read(torn)


@given(st.integers(1, len(GOOD) - 1))
def test_a_torn_line_that_was_ended_is_none(cut: int) -> None:
    """Whoever wrote next ended it, so that it is no line even where only its newline was missing."""
    with pytest.raises(UnfitError, match="is torn"):
        read(GOOD[:cut] + TORN_END)


@pytest.mark.parametrize("event", ["rules", "resumed"])
def test_a_line_of_no_request_is_passed_over(event: str) -> None:
    """It has a time, and what else its event has."""
    assert (
        read(json.dumps({"schema": 1, "event": event, "time": "2026-06-01T12:00:00Z"}).encode() + b"\n")
        is None
    )
    with pytest.raises(UnfitError, match="without a proper time"):
        read(json.dumps({"schema": 1, "event": event}).encode() + b"\n")


def _without(key: str) -> dict[str, Any]:
    return {name: value for name, value in json.loads(GOOD).items() if name != key}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ([], "is no line of the audit stream"),
        ({}, "is no line of the audit stream"),
        (json.loads(GOOD) | {"schema": 2}, "is no line of the audit stream"),
        (json.loads(GOOD) | {"event": "login"}, "is no line of the audit stream"),
        (_without("subject"), "without a proper subject"),
        (_without("time"), "without a proper time"),
        (json.loads(GOOD) | {"time": "yesterday"}, "without a proper time"),
        (json.loads(GOOD) | {"time": "2026-01-31T12:00:00"}, "without a proper time"),
        (json.loads(GOOD) | {"asked": "repository:x:pull"}, "without a proper asked"),
        (json.loads(GOOD) | {"rules": [["a"]]}, "without a proper rules"),
    ],
)
def test_what_is_no_line_of_the_stream(fields: object, said: str) -> None:
    """It says what is missing."""
    with pytest.raises(UnfitError, match=said):
        read(json.dumps(fields).encode() + b"\n")


@pytest.mark.parametrize("text", [b"\n", b"\xff\n", b"[" * 100_000 + b"\n", b"1 2\n", b"NaN\n"])
def test_what_is_no_json(text: bytes) -> None:
    """Whatever is in a file ends nothing."""
    with pytest.raises(UnfitError):
        read(text)
