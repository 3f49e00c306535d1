"""`wharfinger robots list`."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.main import main
from app.errors import Code
from app.telemetry.audit import line
from tests.support import records

_HASH = f"'sha256:{64 * '0'}'"
_RULES = f"""\
version: 1
robots:
  - name: web
    secrets: [{_HASH}, 'sha256:{64 * "1"}']
    groups: [a, "cn=b"]
    networks: [10.0.0.0/8]
  - {{name: late, secrets: [{_HASH}], groups: [a], expires: 2026-01-31}}
  - {{name: soon, secrets: [{_HASH}], groups: [a], expires: 2026-06-15}}
"""


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules, and what was logged."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WHARFINGER_CONFIG", raising=False)
    Path("rules.yaml").write_text(_RULES)
    first = records.token_record(subject="robot$web")
    later = records.token_record(subject="robot$web", time=records.NOW + timedelta(days=1))
    refused = records.token_record(
        subject="robot$soon", outcome=Code.INTERNAL, time=records.NOW + timedelta(days=2)
    )
    Path("audit.jsonl").write_bytes(line(later) + line(first) + line(refused) + b"torn\n")


def _list(*words: str) -> Result:
    return CliRunner().invoke(main, ["robots", "list", "--rules", "rules.yaml", "--at", "2026-06-01", *words])


def test_what_is_known_of_each() -> None:
    """By name: the state at that time, the last day, from where, which groups, how many secrets."""
    assert [" ".join(line.split()) for line in _list().stdout.splitlines()] == [
        "robot state until from groups secrets last login",
        "late expired 2026-01-31 anywhere a 1 -",
        "soon ends soon 2026-06-15 anywhere a 1 -",
        "web good - 10.0.0.0/8 a, cn=b 2 -",
    ]


def test_a_log_says_when_each_logged_in_last() -> None:
    """The last time, wherever it stands; a login that failed is none."""
    robots = json.loads(_list("--replay", "audit.jsonl", "--format", "json").stdout)["robots"]
    assert {robot["name"]: robot["last_login"] for robot in robots} == {
        "late": None,
        "soon": None,
        "web": "2026-06-02T12:00:00.000Z",
    }


def test_rows_for_a_spreadsheet() -> None:
    """The same as columns; the end is the first moment after."""
    rows = _list("--format", "csv").stdout.splitlines()
    assert rows[0] == "name,position,state,expires,networks,groups,secrets,last_login"
    assert rows[1] == "late,rules.yaml:7:5,expired,2026-02-01T00:00:00Z,,a,1,"
    assert rows[3] == "web,rules.yaml:3:5,good,,10.0.0.0/8,a; cn=b,2,"


def test_no_secret_and_no_hash_is_shown() -> None:
    """A hash is no secret, and nobody needs it here."""
    for form in ("text", "csv", "json"):
        assert "0" * 64 not in _list("--format", form).stdout


def test_rules_without_robots() -> None:
    """It says so."""
    Path("rules.yaml").write_text("version: 1\n")
    assert _list().stdout == "There is no robot.\n"
