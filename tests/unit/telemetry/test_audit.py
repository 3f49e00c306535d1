"""The audit stream."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import AuditUnavailable
from app.telemetry.audit import AuditStream, line
from app.telemetry.record import TokenRecord

RECORD = TokenRecord(datetime(2026, 6, 1, 12, 0, 0, 123456, UTC), "id-1", "demo", "issued", "192.0.2.1")


def test_a_record_is_one_line_of_json(tmp_path: Path) -> None:
    """Two records are two lines; the time is UTC and ends in Z."""
    path = tmp_path / "audit.jsonl"
    stream = AuditStream(path)
    stream.record(RECORD)
    stream.record(RECORD)
    first, second = path.read_text().splitlines()
    assert first == second
    assert json.loads(first)["time"] == "2026-06-01T12:00:00.123Z"


@pytest.mark.parametrize("text", ['"}\n{"outcome":"issued', "\r\n\u2028", "zoë", "\udcff"])
def test_nothing_that_a_client_sends_breaks_a_line(text: str) -> None:
    """Line ends and quotes in names and agents are escaped; a lone surrogate is no error."""
    record = TokenRecord(
        RECORD.time, "id", "demo", "wrong_credentials", "192.0.2.1", user_agent=text, username=text
    )
    data = line(record)
    assert data.count(b"\n") == 1
    assert data.endswith(b"\n")
    assert json.loads(data)["outcome"] == "wrong_credentials"


def test_an_issued_token_names_no_typed_name() -> None:
    """`username` stands in refusals alone, where it is not verified."""
    assert "username" not in json.loads(line(RECORD))


def test_the_file_is_not_for_everybody(tmp_path: Path) -> None:
    """A new audit file can be read by owner and group."""
    path = tmp_path / "audit.jsonl"
    AuditStream(path).record(RECORD)
    assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0


def test_a_stream_that_cannot_be_opened_refuses(tmp_path: Path) -> None:
    """The reason stands in the detail."""
    with pytest.raises(AuditUnavailable, match="Is a directory"):
        AuditStream(tmp_path).record(RECORD)


def test_a_full_disk_refuses() -> None:
    """So does one that is full: a line that is not whole is no line."""
    with pytest.raises(AuditUnavailable, match="No space left"):
        AuditStream(Path("/dev/full")).record(RECORD)


def test_a_file_that_comes_back_is_written_again(tmp_path: Path) -> None:
    """What could not be opened is tried anew with the next record."""
    folder = tmp_path / "later"
    stream = AuditStream(folder / "audit.jsonl")
    with pytest.raises(AuditUnavailable):
        stream.record(RECORD)
    folder.mkdir()
    stream.record(RECORD)
    assert (folder / "audit.jsonl").read_bytes() == line(RECORD)


def test_standard_output_is_the_default(capfd: pytest.CaptureFixture[str]) -> None:
    """Without a path the lines go to descriptor 1."""
    AuditStream(None).record(RECORD)
    assert capfd.readouterr().out.encode() == line(RECORD)
