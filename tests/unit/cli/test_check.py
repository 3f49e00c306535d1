"""`wharfinger check-config` and `wharfinger serve` before they serve."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from app.cli.main import main
from tests.support.commands import run
from tests.support.server import SAMPLE_RULES, SERVICE, WHARFINGER
from tests.support.tools import REPOSITORY


@pytest.fixture
def config(tmp_path: Path, ring_folder: Path) -> dict[str, Any]:
    """Return a good configuration whose files are all there."""
    shutil.copyfile(SAMPLE_RULES, tmp_path / "rules.yaml")
    return {
        "default_realm": "demo",
        "realms": {
            "demo": {
                "issuer": "https://auth.example.com/auth/realms/demo",
                "services": {SERVICE: {}},
                "rules": "rules.yaml",
                "keys": str(ring_folder),
                "directory": {
                    "servers": ["ldaps://ldap.example.com"],
                    "service_account": {"dn": "cn=w", "password_file": "password"},
                    "users": {"bases": ["ou=people"]},
                    "groups": {"bases": ["ou=groups"]},
                },
            }
        },
    }


def _write(folder: Path, config: dict[str, Any]) -> Path:
    path = folder / "wharfinger.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


def _check(folder: Path, config: dict[str, Any]) -> Result:
    return CliRunner().invoke(main, ["check-config", "--config", str(_write(folder, config))])


def _spoil(folder: Path, config: dict[str, Any]) -> None:
    (folder / "rules.yaml").write_text("version: 1\nrules:\n  - id: a\n    allow: [pul]\n")
    config["audit"] = {"to": "nowhere/audit.jsonl"}
    config["realms"]["demo"]["keys"] = "no-keys"
    config["realms"]["demo"]["directory"]["tls"] = {"ca_file": "no-ca.pem"}


def test_a_good_configuration_is_said_to_be_good(tmp_path: Path, config: dict[str, Any]) -> None:
    """With each realm's rules, key and services; nothing is connected to."""
    result = _check(tmp_path, config)
    assert result.exit_code == 0
    assert "realm demo: 7 rules" in result.output
    assert SERVICE in result.output
    assert result.output.endswith("The configuration is good.\n")


@pytest.mark.parametrize(("mode", "warns"), [(0o600, False), (0o400, False), (0o640, True), (0o644, True)])
def test_a_secret_that_others_can_read_is_warned_of(
    tmp_path: Path, config: dict[str, Any], mode: int, *, warns: bool
) -> None:
    """As a key is refused; the configuration is good all the same, for some mounts leave no choice."""
    password = tmp_path / "password"
    password.write_text("secret")
    password.chmod(mode)
    result = _check(tmp_path, config)
    assert result.exit_code == 0
    warning = f"warning: {password}: others than its owner have access to this secret (mode {mode:04o})"
    assert (warning in result.output) == warns


def test_a_file_of_the_secrets_folder_that_others_can_read_is_warned_of(
    tmp_path: Path, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that the configuration names; whatever else lies in the folder is not read, and nobody's."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    monkeypatch.setenv("WHARFINGER_SECRETS_DIR", str(folder))
    name = "WHARFINGER__REALMS__DEMO__DIRECTORY__SERVICE_ACCOUNT__PASSWORD"
    del config["realms"]["demo"]["directory"]["service_account"]["password_file"]
    for secret in (folder / name, folder / "somebody-elses"):
        secret.write_text("secret")
        secret.chmod(0o644)
    output = _check(tmp_path, config).output
    assert f"warning: {folder / name}: others than its owner have access to this secret (mode 0644)" in output
    assert "somebody-elses" not in output
    (folder / name).chmod(0o400)
    assert "have access to this secret" not in _check(tmp_path, config).output


@pytest.mark.parametrize(
    ("server", "warns"),
    [
        ({}, False),
        ({"bind": "unix:/run/w.sock"}, True),
        ({"bind": "unix:/run/w.sock", "trusted_proxies": ["10.0.0.0/8"]}, True),
        ({"bind": "unix:/run/w.sock", "trusted_proxies": ["unix"]}, False),
    ],
)
def test_networks_where_no_request_has_an_address(
    tmp_path: Path, config: dict[str, Any], server: dict[str, Any], *, warns: bool
) -> None:
    """The rules of the sample have networks; a Unix socket says no address, unless a proxy does."""
    config["server"] = server
    result = _check(tmp_path, config)
    assert result.exit_code == 0
    assert ("warning: realm demo: rules or robots have networks" in result.output) == warns
    assert ("failed logins are counted by account alone" in result.output) == warns
    (tmp_path / "rules.yaml").write_text("version: 1\nrules: []\n")
    assert "networks" not in _check(tmp_path, config).output


@pytest.mark.parametrize(("mode", "warns"), [("0600", False), ("0660", False), ("0666", True)])
def test_a_trusted_socket_that_is_open_to_everybody(
    tmp_path: Path, config: dict[str, Any], mode: str, *, warns: bool
) -> None:
    """Whoever connects may say any address."""
    config["server"] = {"bind": "unix:/run/w.sock", "trusted_proxies": ["unix"], "socket_mode": mode}
    result = _check(tmp_path, config)
    assert result.exit_code == 0
    assert ("everybody on this machine can connect to /run/w.sock" in result.output) == warns


def test_a_group_that_the_machine_lacks(tmp_path: Path, config: dict[str, Any]) -> None:
    """The socket could not be given to it; where there is no socket, it does not matter."""
    config["server"] = {"bind": "unix:/run/w.sock", "socket_group": "no-such-group"}
    result = _check(tmp_path, config)
    assert result.exit_code == 1
    assert "server.socket_group: this machine has no group 'no-such-group'" in result.output
    config["server"]["bind"] = "127.0.0.1:5001"
    assert _check(tmp_path, config).exit_code == 0


def test_every_problem_of_every_file_is_told_at_once(tmp_path: Path, config: dict[str, Any]) -> None:
    """Rules, keys and certificates of the realm, and the audit stream, one line each; the exit code is 1."""
    _spoil(tmp_path, config)
    result = _check(tmp_path, config)
    assert result.exit_code == 1
    for part in ("rules.yaml:4:13", "no-keys", "no-ca.pem", "nowhere/audit.jsonl"):
        assert part in result.output


def test_a_server_that_cannot_start_says_why(tmp_path: Path, config: dict[str, Any]) -> None:
    """The same problems, no traceback, and an end with exit code 1 before anything listens."""
    _spoil(tmp_path, config)
    ended = run(*WHARFINGER, "serve", "--config", _write(tmp_path, config), cwd=REPOSITORY)
    assert ended.status == 1
    for part in ("rules.yaml:4:13", "no-keys", "no-ca.pem", "nowhere/audit.jsonl"):
        assert part in ended.stderr
    assert "Traceback" not in ended.text


def test_paths_are_relative_to_the_file(
    tmp_path: Path, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the command is called from."""
    monkeypatch.chdir("/")
    assert _check(tmp_path, config).exit_code == 0


def test_the_environment_stands_over_the_file(
    tmp_path: Path, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`WHARFINGER__REALMS__DEMO__RULES` names other rules than the file."""
    monkeypatch.setenv("WHARFINGER__REALMS__DEMO__RULES", "other.yaml")
    assert "other.yaml" in _check(tmp_path, config).output


def test_candidate_rules_are_checked_too(tmp_path: Path, config: dict[str, Any]) -> None:
    """The server would start without them, and nobody would learn what they change."""
    config["realms"]["demo"]["candidate_rules"] = "candidate.yaml"
    candidate = tmp_path / "candidate.yaml"
    candidate.write_text("version: 1\nrules:\n  - id: a\n    allow: [pul]\n")
    result = _check(tmp_path, config)
    assert result.exit_code == 1
    assert "candidate.yaml:4:13" in result.output
    shutil.copyfile(SAMPLE_RULES, candidate)
    assert _check(tmp_path, config).exit_code == 0


def test_the_copy_of_the_last_good_rules_is_no_excuse(tmp_path: Path, config: dict[str, Any]) -> None:
    """What is checked is the files; nor does the check leave a copy."""
    config["last_good"] = "last-good"
    assert _check(tmp_path, config).exit_code == 0
    assert not (tmp_path / "last-good").exists()


def _places(config: dict[str, Any]) -> None:
    config |= {"audit": {"to": "log/audit.jsonl"}, "last_good": "lib/good", "state": "sqlite:///lib/state.db"}


def test_places_that_the_server_can_write_to_are_not_written_to(
    tmp_path: Path, config: dict[str, Any]
) -> None:
    """The audit stream's, that of the last good rules and the state's: nothing is made or warned of."""
    _places(config)
    for name in ("log", "lib"):
        (tmp_path / name).mkdir(mode=0o700)
    result = _check(tmp_path, config)
    assert result.exit_code == 0
    assert "warning" not in result.output
    assert [*(tmp_path / "log").iterdir(), *(tmp_path / "lib").iterdir()] == []


def test_places_that_are_not_there(tmp_path: Path, config: dict[str, Any]) -> None:
    """Without the audit stream no server starts; without the state one does, and that is warned of."""
    _places(config)
    (tmp_path / "log").mkdir()
    result = _check(tmp_path, config)
    assert result.exit_code == 0
    assert f"warning: {tmp_path}/lib/state.db: the state cannot be kept there" in result.output
    (tmp_path / "log").rmdir()
    result = _check(tmp_path, config)
    assert result.exit_code == 1
    assert f"{tmp_path}/log/audit.jsonl: the audit stream cannot be written there" in result.output


def test_a_folder_of_the_last_good_rules_that_others_can_write_to(
    tmp_path: Path, config: dict[str, Any]
) -> None:
    """The server would not trust a copy there."""
    _places(config)
    for name in ("log", "lib", "lib/good"):
        (tmp_path / name).mkdir()
    (tmp_path / "lib" / "good").chmod(0o777)
    warning = f"warning: {tmp_path}/lib/good: the last good rules cannot be kept there: others than its owner"
    assert warning in _check(tmp_path, config).output


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files for others")
def test_root_asks_for_the_owner_of_a_folder(tmp_path: Path, config: dict[str, Any]) -> None:
    """What root made there, the server cannot write."""
    _places(config)
    for name in ("log", "lib"):
        (tmp_path / name).mkdir(mode=0o700)
        os.chown(tmp_path / name, 54321, 54321)
    assert "cannot" not in _check(tmp_path, config).output
    (tmp_path / "log" / "audit.jsonl").touch(mode=0o640)
    (tmp_path / "lib" / "state.db").touch(mode=0o600)
    result = _check(tmp_path, config)
    assert result.exit_code == 1
    assert f"uid 54321 cannot write {tmp_path}/log/audit.jsonl (mode 0640)" in result.output
    os.chown(tmp_path / "log" / "audit.jsonl", 54321, 54321)
    result = _check(tmp_path, config)
    assert result.exit_code == 0
    assert f"uid 54321 cannot write {tmp_path}/lib/state.db (mode 0600)" in result.output
