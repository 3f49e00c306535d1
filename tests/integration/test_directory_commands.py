"""`wharfinger directory` against the sample directory."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import ldap3
import pytest
import yaml
from click.testing import CliRunner, Result

from app.cli.main import main
from tests.support.ports import free_port
from tests.support.server import Server, configuration
from tests.support.slapd import SERVICE_PASSWORD, SUFFIX, Slapd


@pytest.fixture
def config(slapd: Slapd, tmp_path: Path) -> Path:
    """Return a configuration file for the sample directory."""
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


def _servers(config: Path, *servers: str) -> None:
    text = config.read_text(encoding="utf-8")
    settings = yaml.safe_load(text)
    settings["realms"]["demo"]["directory"]["servers"] = list(servers)
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")


def test_check_takes_every_step_at_every_server(config: Path) -> None:
    """And shows a person's groups with how each was found, on lines that fit a terminal."""
    result = _directory(config, "check", "--user", "erin")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    for step in (
        "name",
        "connection",
        "root entry",
        "service account",
        "people under",
        "groups under",
        "person",
    ):
        assert any(line.startswith(f"  ok    {step}") for line in lines), step
    assert "      team-data   through data-leads" in lines
    assert lines[-1] == "Every server works."
    assert all(len(line) <= 80 for line in lines)


def test_check_says_of_each_server_what_to_change(config: Path, slapd: Slapd) -> None:
    """One that is down, and one whose port speaks no TLS, keep nobody from looking at the others."""
    down = f"ldaps://127.0.0.1:{free_port()}"
    _servers(config, down, slapd.tls_url, f"ldaps://127.0.0.1:{slapd.port}")
    result = _directory(config, "check")
    assert result.exit_code == 1
    text = " ".join(result.output.split())
    assert "FAIL connection" in text
    assert "nothing listens there → check host and port, and whether the server runs" in text
    assert "with start_tls: true" in text
    assert result.output.splitlines()[-1] == "1 of 3 servers work."
    assert SERVICE_PASSWORD not in result.output


def test_check_fails_for_a_person_whom_a_server_does_not_know(config: Path) -> None:
    """The servers themselves work, and that is said too."""
    result = _directory(config, "check", "--user", "nobody")
    assert result.exit_code == 1
    assert "  ok    service account" in result.output
    assert "  FAIL  person" in result.output


def test_a_warning_fails_where_that_is_asked_for(config: Path, slapd: Slapd) -> None:
    """Passwords in clear to a server that could start TLS are one."""
    _servers(config, slapd.url)
    assert _directory(config, "check").exit_code == 0
    result = _directory(config, "check", "--strict")
    assert result.exit_code == 1
    assert "→ set start_tls: true" in result.output


def test_check_for_programs_says_the_same(config: Path, slapd: Slapd) -> None:
    """With the certificate, the states of the steps, and the person."""
    _servers(config, slapd.tls_url, slapd.url)
    found = json.loads(_directory(config, "check", "--user", "alice", "--format", "json").output)
    first, second = found["servers"]
    assert found["works"]
    assert found["other_groups_at"] == []
    assert "127.0.0.1" in first["certificate"]["names"]
    assert second["certificate"] is None
    assert {step["state"] for step in first["steps"]} == {"ok"}
    assert {step["name"]: step["state"] for step in second["steps"]}["root entry"] == "warn"
    assert first["lookup"]["subject"]["subject"] == "alice"


def test_servers_that_know_other_groups_are_named(
    config: Path, slapd: Slapd, start_slapd: Callable[[], Slapd]
) -> None:
    """Whoever fails over there has other rights."""
    other = start_slapd()
    admin = ldap3.Connection(ldap3.Server(other.url), f"cn=admin,{SUFFIX}", "admin-password")
    with admin:
        members = {"member": [(ldap3.MODIFY_REPLACE, [f"uid=bob,ou=people,{SUFFIX}"])]}
        assert admin.modify(f"cn=release-managers,ou=groups,{SUFFIX}", members)
    _servers(config, slapd.url, other.url)
    result = _directory(config, "check", "--user", "alice")
    assert result.exit_code == 0, result.output
    assert f"warn  {other.url} knows other groups" in result.output
