"""The audit stream."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.audit.line import read
from app.bootstrap import utc_now
from app.errors import AuditUnavailable, Code
from app.telemetry.audit import AuditStream, line
from tests.support.records import client, token_record
from tests.support.tools import REPOSITORY

RECORD = token_record(time=datetime(2026, 6, 1, 12, 0, 0, 123456, UTC))


def test_a_record_is_one_line_of_json(tmp_path: Path) -> None:
    """Two records are two lines; the time is UTC and ends in Z."""
    path = tmp_path / "audit.jsonl"
    stream = AuditStream(path, utc_now)
    stream.record(RECORD)
    stream.record(RECORD)
    first, second = path.read_text().splitlines()
    assert first == second
    assert json.loads(first)["time"] == "2026-06-01T12:00:00.123Z"


@pytest.mark.parametrize("text", ['"}\n{"outcome":"issued', "\r\n\u2028", "zoë", "\udcff"])
def test_nothing_that_a_client_sends_breaks_a_line(text: str) -> None:
    """Line ends and quotes in names and agents are escaped; a lone surrogate is no error."""
    record = token_record(outcome=Code.WRONG_CREDENTIALS, client=client(user_agent=text), username=text)
    data = line(record)
    assert data.count(b"\n") == 1
    assert data.endswith(b"\n")
    assert json.loads(data)["outcome"] == "wrong_credentials"


def test_nothing_that_a_client_sends_moves_a_cursor() -> None:
    """Whoever reads the stream at a terminal sees its lines as they are; names stay readable."""
    text = "zoë \x1b[2J \x9b2J \x7f \u202egnp.exe \u2066 \ufeff"
    data = line(replace(RECORD, client=client(user_agent=text)))
    shown = data.decode().removesuffix("\n")
    assert shown.isprintable()
    assert "zoë" in shown
    assert json.loads(data)["user_agent"] == text


def test_an_issued_token_names_no_typed_name() -> None:
    """`username` stands in refusals alone, where it is not verified."""
    assert "username" not in json.loads(line(RECORD))


def test_the_file_is_not_for_everybody(tmp_path: Path) -> None:
    """A new audit file can be read by owner and group."""
    path = tmp_path / "audit.jsonl"
    AuditStream(path, utc_now).record(RECORD)
    assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0


def test_a_stream_that_cannot_be_opened_refuses(tmp_path: Path) -> None:
    """The reason stands in the detail."""
    with pytest.raises(AuditUnavailable, match="Is a directory"):
        AuditStream(tmp_path, utc_now).record(RECORD)


def test_a_full_disk_refuses() -> None:
    """So does one that is full: a line that is not whole is no line."""
    with pytest.raises(AuditUnavailable, match="No space left"):
        AuditStream(Path("/dev/full"), utc_now).record(RECORD)


def test_a_file_that_comes_back_is_written_again(tmp_path: Path) -> None:
    """What could not be opened is tried anew with the next record."""
    folder = tmp_path / "later"
    stream = AuditStream(folder / "audit.jsonl", utc_now)
    with pytest.raises(AuditUnavailable):
        stream.record(RECORD)
    folder.mkdir()
    stream.record(RECORD)
    assert (folder / "audit.jsonl").read_bytes() == line(RECORD)


def test_a_stream_that_fails_tells_once_and_when_it_works_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In the log and to whoever reports it; every request is refused meanwhile."""
    caplog.set_level("INFO")
    told: list[bool] = []
    stream = AuditStream(tmp_path / "later" / "audit.jsonl", utc_now, told.append)
    for _ in range(2):
        with pytest.raises(AuditUnavailable):
            stream.record(RECORD)
    (tmp_path / "later").mkdir()
    stream.record(RECORD)
    stream.record(RECORD)
    assert told == [True, False]
    assert [record.message for record in caplog.records] == [
        "the audit stream cannot be written",
        "the audit stream can be written again",
    ]


def test_a_stream_that_failed_is_tried_when_somebody_asks(tmp_path: Path) -> None:
    """With a line that says so; one that works is left alone."""
    path = tmp_path / "later" / "audit.jsonl"
    stream = AuditStream(path, lambda: RECORD.time)
    stream.ping()
    with pytest.raises(AuditUnavailable):
        stream.record(RECORD)
    with pytest.raises(AuditUnavailable, match="No such file"):
        stream.ping()
    path.parent.mkdir()
    stream.ping()
    stream.ping()
    assert path.read_text() == '{"schema":1,"time":"2026-06-01T12:00:00.123Z","event":"resumed"}\n'
    assert read(path.read_bytes()) is None


def test_other_rules_have_a_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With what is said of them; they are in force also where it cannot be written."""
    path = tmp_path / "later" / "audit.jsonl"
    stream = AuditStream(path, lambda: RECORD.time)
    stream.tell_rules("demo", {"old_version": "a", "rules_version": "b"})
    assert caplog.records[-1].message == "other rules are not in the audit stream"
    path.parent.mkdir()
    stream.tell_rules("demo", {"old_version": "a", "rules_version": "b"})
    told = json.loads(path.read_text())
    assert told.pop("time") == "2026-06-01T12:00:00.123Z"
    said = {"realm": "demo", "old_version": "a", "rules_version": "b"}
    assert told == {"schema": 1, "event": "rules", **said}
    assert read(path.read_bytes()) is None


def test_standard_output_is_the_default(capfd: pytest.CaptureFixture[str]) -> None:
    """Without a path the lines go to descriptor 1."""
    AuditStream(None, utc_now).record(RECORD)
    assert capfd.readouterr().out.encode() == line(RECORD)


def test_groups_and_attributes_stand_whole_in_a_line() -> None:
    """They are what a request can be decided with again."""
    record = replace(RECORD, groups=("a", "b"), group_dns=("cn=a,dc=x", ""), attributes={"l": ("Berlin",)})
    told = json.loads(line(record))
    assert (told["groups"], told["group_dns"]) == (["a", "b"], ["cn=a,dc=x", ""])
    assert (told["attributes"], told["groups_dropped"]) == ({"l": ["Berlin"]}, 0)


def test_a_line_does_not_grow_without_end() -> None:
    """Of too many groups the first stand there, and how many do not; likewise of attributes."""
    many = tuple(f"group-{number}" for number in range(5000))
    told = json.loads(line(replace(RECORD, groups=many, group_dns=("",) * 5000)))
    assert told["groups"] == list(many[: len(told["groups"])])
    assert len(told["groups"]) + told["groups_dropped"] == 5000
    assert len(line(replace(RECORD, groups=many, group_dns=("",) * 5000))) < 32_768
    long = json.loads(line(replace(RECORD, attributes={"l": ("x" * 20_000,)})))
    assert (long["attributes"], long["groups_dropped"]) == ({}, 1)


_WRITERS = """
import os, sys
from app.telemetry.audit import AuditStream
from tests.support.records import token_record

stream = AuditStream(None, lambda: None)
for sign in "abcd":
    if os.fork() == 0:
        record = token_record(request_id=sign, groups=(sign * 12_000,), group_dns=("",))
        for _ in range(25):
            stream.record(record)
        os._exit(0)
for _ in "abcd":
    assert os.wait()[1] == 0
"""


def test_long_lines_of_several_workers_do_not_mix_in_a_pipe() -> None:
    """A pipe takes 4 KiB at once, so workers that were forked write in turn."""
    done = subprocess.run([sys.executable, "-c", _WRITERS], capture_output=True, check=True, cwd=REPOSITORY)
    lines = [json.loads(each) for each in done.stdout.splitlines()]
    assert len(lines) == 100
    assert all(each["groups"] == [each["request_id"] * 12_000] for each in lines)
