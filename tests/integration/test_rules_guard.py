"""Rules that drop many, while the server runs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import requests
import yaml

from tests.support.ports import free_port
from tests.support.processes import wait_until
from tests.support.server import REALM, Server, configuration
from tests.support.slapd import Slapd

pytestmark = pytest.mark.slow  # a server that starts twice


def _rules(server: Server) -> dict[str, str]:
    found: dict[str, str] = requests.get(f"{server.url}/readyz", timeout=5).json()["rules"][REALM]
    return found


def test_an_emptied_file_waits_over_a_restart_until_it_is_accepted(tmp_path: Path, slapd: Slapd) -> None:
    """In both processes; the command that the log names lets it pass, in the running server."""
    settings = configuration(free_port(), slapd)
    settings["server"]["workers"] = 2
    settings |= {"state": "sqlite:///state.db", "last_good": "last-good"}
    settings["realms"][REALM]["rules_guard"] = "50%"
    server = Server(tmp_path / "wharfinger", settings)
    within = timedelta(seconds=30)
    with server:
        before = _rules(server)
        (server.folder / "rules.yaml").write_text(yaml.safe_dump({"version": 1, "rules": []}))
        wait_until(lambda: _rules(server)["files"] == "waiting", within=within, what="the rules wait")
    with server:
        assert _rules(server) == {**before, "files": "waiting"}
        said = next(line["problems"][0] for line in server.log() if line["level"] == "error")
        waiting = said.rpartition("wharfinger rules accept ")[2].rstrip(")")
        assert server.command("rules", "accept", waiting).status == 0
        taken = {"version": waiting, "files": "ok"}
        wait_until(
            lambda: all(_rules(server) == taken for _ in range(12)),
            within=within,
            what="the rules are in force",
        )
    changes = [line for line in server.audit() if line["event"] == "rules"]
    assert [(line["old_version"], line["rules_version"]) for line in changes] == [
        (before["version"], waiting)
    ]
