"""`wharfinger directory` against the sample directory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.main import main
from tests.support.ports import free_port
from tests.support.server import Server, configuration
from tests.support.slapd import SERVICE_PASSWORD, Slapd


@pytest.fixture
def config(slapd: Slapd, tmp_path: Path) -> Path:
    """Give a configuration file for the sample directory."""
    return Server(tmp_path / "wharfinger", configuration(free_port(), slapd)).config


def _directory(config: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["directory", *words, "--config", str(config)])


def test_whois_shows_the_subject_and_how_each_group_was_found(config: Path) -> None:
    """Of a person in a group and in another one by way of that."""
    result = _directory(config, "whois", "erin")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == "erin"
    assert "    data-leads  direct" in lines
    assert "    team-data   through data-leads" in lines
    assert all(len(line) <= 80 for line in lines)


def test_whois_takes_any_spelling_and_gives_the_subject(config: Path) -> None:
    """What stands in the output is what rules see, whatever was typed."""
    found = json.loads(_directory(config, "whois", "ALICE", "--format", "json").output)
    assert found["subject"] == "alice"
    assert {group["name"]: group["found"] for group in found["groups"]} == {
        "release-managers": "direct",
        "team-platform": "direct",
    }


def test_whois_of_nobody_ends_with_1(config: Path) -> None:
    """And says so on standard error."""
    result = _directory(config, "whois", "nobody")
    assert result.exit_code == 1
    assert "nobody: unknown user" in result.stderr
    assert SERVICE_PASSWORD not in result.output
