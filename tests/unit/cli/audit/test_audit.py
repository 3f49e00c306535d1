"""`wharfinger audit search` and `verify`: what they print."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.main import main
from app.errors import Code
from app.telemetry.audit import line
from tests.support import records

_PUSH = line(
    records.token_record(
        request_id="1",
        subject="bob",
        asked=records.scopes("repository:web/app:pull,push"),
        granted=records.access("repository:web/app:pull"),
        rules=("keep-out", "teams"),
    )
)
_REFUSED = line(
    records.token_record(
        request_id="2",
        outcome=Code.WRONG_CREDENTIALS,
        account="=cmd()",
        time=records.NOW + timedelta(days=1),
        client=records.client("", user_agent="\x1b[2J"),
    )
)


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files of a stream, one of them compressed."""
    monkeypatch.chdir(tmp_path)
    Path("audit.jsonl").write_bytes(_REFUSED)
    Path("audit.jsonl.gz").write_bytes(gzip.compress(_PUSH))


def _run(*words: str) -> Result:
    return CliRunner().invoke(main, ["audit", *words])


def test_a_line_for_people() -> None:
    """What was asked, granted, by which rules, and the id."""
    done = _run("search", "audit.jsonl.gz", "audit.jsonl")
    assert done.exit_code == 0
    assert done.stdout == (
        "2026-06-01T12:00:00.000Z  bob  issued  from 192.0.2.1\n"
        "  asked    repository:web/app:pull,push\n"
        "  granted  repository:web/app:pull\n"
        "  rules    keep-out, teams\n"
        "  request  1\n"
        "2026-06-02T12:00:00.000Z  =cmd()  wrong_credentials  from an unknown address\n"
        "  asked    -\n"
        "  granted  -\n"
        "  request  2\n"
    )


def test_rows_for_a_spreadsheet() -> None:
    """A heading, a row each, and no formula."""
    first, second, third = _run(
        "search", "audit.jsonl.gz", "audit.jsonl", "--format", "csv"
    ).stdout.splitlines()
    assert first == "time,realm,outcome,subject,account,address,service,asked,granted,rules,request_id"
    assert second == (
        "2026-06-01T12:00:00.000Z,demo,issued,bob,,192.0.2.1,,"
        '"repository:web/app:pull,push",repository:web/app:pull,keep-out teams,1'
    )
    assert ",'=cmd()," in third


def test_lines_for_programs_are_the_lines() -> None:
    """What another program reads is what the server wrote."""
    assert (
        _run("search", "audit.jsonl.gz", "audit.jsonl", "--format", "json").stdout_bytes == _PUSH + _REFUSED
    )


def test_a_date_is_a_whole_day() -> None:
    """`--until` includes the date that it names."""
    names = ["search", "audit.jsonl.gz", "audit.jsonl", "--format", "json"]
    assert _run(*names, "--until", "2026-06-01").stdout_bytes == _PUSH
    assert _run(*names, "--since", "2026-06-02").stdout_bytes == _REFUSED
    assert _run(*names, "--until", "2026-06-01T12:00:00Z").stdout_bytes == b""


def test_standard_input_is_read() -> None:
    """What another command selects can be searched further."""
    done = CliRunner().invoke(main, ["audit", "search", "-", "--subject", "bob"], input=_PUSH + _REFUSED)
    assert "bob" in done.stdout
    assert "=cmd()" not in done.stdout


def test_what_cannot_be_read_is_said() -> None:
    """The search goes on, and nobody takes its answer for all of the truth."""
    Path("torn.jsonl").write_bytes(b'{"schema":1\n' + _PUSH)
    done = _run("search", "torn.jsonl")
    assert (done.exit_code, done.stderr) == (
        0,
        "Note: 1 line could not be read; wharfinger audit verify says which.\n",
    )


def test_verify_says_where_what_is_wrong() -> None:
    """A place each, over all files together."""
    Path("more.jsonl").write_bytes(_PUSH + b"torn\n")
    done = _run("verify", "audit.jsonl.gz", "more.jsonl")
    assert done.stdout == (
        "more.jsonl:1:1: the request 1 stands here for the second time\n"
        "more.jsonl:2:1: is no JSON (a line that is torn, or two in one)\n"
        "Not good: 3 lines, 2 problems\n"
    )
    found = json.loads(_run("verify", "more.jsonl", "--format", "json").stdout)
    assert found == {
        "schema": 1,
        "lines": 2,
        "problems": [
            {"file": "more.jsonl", "line": 2, "text": "is no JSON (a line that is torn, or two in one)"}
        ],
    }
    assert _run("verify", "audit.jsonl", "audit.jsonl.gz").stdout == "Good: 2 lines, 0 problems\n"
