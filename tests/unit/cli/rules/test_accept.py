"""`wharfinger rules accept`, and what `check-config` says of rules that wait."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from app import bootstrap, settings
from app.cli.main import main
from app.keys.algorithm import Algorithm
from app.keys.create import create
from app.keys.signing_key import KeyState
from app.state.shared import SharedState
from tests.support.parts import NOW
from tests.support.server import SERVICE

_RULE = "  - {{id: {}, everyone: true, repositories: [a], allow: [pull]}}\n"


def _write_rules(folder: Path, ids: str) -> str:
    path = folder / "rules.yaml"
    path.write_text("version: 1\nrules:\n" + "".join(map(_RULE.format, ids)))
    return CliRunner().invoke(main, ["rules", "version", str(path)]).output.strip()


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    """Return a configuration with a guard, of a server that has run with four rules."""
    create(
        tmp_path / "keys",
        name=None,
        algorithm=Algorithm.ES256,
        state=KeyState.ACTIVE,
        common_name="wharfinger",
        now=NOW,
    )
    made: dict[str, Any] = {
        "state": "sqlite:///state.db",
        "last_good": "last-good",
        "audit": {"to": "audit.jsonl"},
        "default_realm": "demo",
        "realms": {
            "demo": {
                "issuer": "https://auth.example.com/auth/realms/demo",
                "services": {SERVICE: {}},
                "rules": "rules.yaml",
                "rules_guard": "50%",
                "keys": "keys",
                "directory": {
                    "servers": ["ldaps://ldap.example.com"],
                    "service_account": {"dn": "cn=w", "password_file": "password"},
                    "users": {"bases": ["ou=people"]},
                    "groups": {"bases": ["ou=groups"]},
                },
            }
        },
    }
    _write_rules(tmp_path, "abcd")
    path = _write(tmp_path, made)
    state = settings.load(path).state
    assert state is not None
    SharedState(state).bring_up_to_date()
    bootstrap.build(settings.load(path), serves=True)
    return made


def _write(folder: Path, config: dict[str, Any]) -> Path:
    path = folder / "wharfinger.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


def _run(folder: Path, config: dict[str, Any], *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--config", str(_write(folder, config))])


def test_rules_that_wait_are_accepted(tmp_path: Path, config: dict[str, Any]) -> None:
    """check-config finds them, with what to do; the command says what they drop; a server then takes them."""
    version = _write_rules(tmp_path, "a")
    checked = _run(tmp_path, config, "check-config")
    assert checked.exit_code == 1
    assert "rules.yaml: drops 3 of 4 rules, more than rules_guard lets pass (50%)" in checked.output
    assert f"wharfinger rules accept {version}" in checked.output
    done = _run(tmp_path, config, "rules", "accept", version)
    assert done.exit_code == 0
    assert "dropped  b, c, d" in done.output
    assert f"Accepted: version {version} of the rules of realm demo, 1 rule." in done.output
    assert _run(tmp_path, config, "check-config").exit_code == 0
    parts = bootstrap.build(settings.load(tmp_path / "wharfinger.yaml"), serves=True)
    assert parts.rules["demo"].current.version == version


def test_a_server_that_starts_holds_rules_back(tmp_path: Path, config: dict[str, Any]) -> None:
    """It runs on those that it had; other ones that are accepted do not count."""
    accepted = _write_rules(tmp_path, "b")
    assert _run(tmp_path, config, "rules", "accept", accepted).exit_code == 0
    _write_rules(tmp_path, "a")
    parts = bootstrap.build(settings.load(tmp_path / "wharfinger.yaml"), serves=True)
    assert len(parts.rules["demo"].current.rules) == 4


def test_only_what_the_files_hold_can_be_accepted(tmp_path: Path, config: dict[str, Any]) -> None:
    """Another version may be one that nobody has looked at."""
    version = _write_rules(tmp_path, "a")
    done = _run(tmp_path, config, "rules", "accept", "0123456789abcdef")
    assert done.exit_code == 1
    assert f"rules.yaml is of version {version}, not 0123456789abcdef" in done.output


def test_a_realm_without_a_guard_has_nothing_to_accept(tmp_path: Path, config: dict[str, Any]) -> None:
    """Whatever is good is in force at once there."""
    del config["realms"]["demo"]["rules_guard"]
    done = _run(tmp_path, config, "rules", "accept", "0123456789abcdef")
    assert done.exit_code == 1
    assert "realm demo has no rules_guard" in done.output


def test_no_state_is_made_that_the_server_could_not_use(tmp_path: Path, config: dict[str, Any]) -> None:
    """Root would own it."""
    version = _write_rules(tmp_path, "a")
    (tmp_path / "state.db").unlink()
    done = _run(tmp_path, config, "rules", "accept", version)
    assert done.exit_code == 1
    assert "start the server first" in done.output
    assert not (tmp_path / "state.db").exists()


def test_a_state_that_is_away_accepts_nothing(tmp_path: Path, config: dict[str, Any]) -> None:
    """And what waits goes on waiting."""
    version = _write_rules(tmp_path, "a")
    (tmp_path / "state.db").write_bytes(b"no database" * 100)
    done = _run(tmp_path, config, "rules", "accept", version)
    assert done.exit_code == 1
    assert "the state cannot be used" in done.output
    assert _run(tmp_path, config, "check-config").exit_code == 1
