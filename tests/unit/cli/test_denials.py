"""`wharfinger denials`: what is kept is listed and shown, and nothing in it commands a terminal."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from app.cli.main import main
from app.state.rows import DenialReasonRow, DenialRow
from app.state.settings import StateSettings
from app.state.shared import SharedState
from tests.support.server import SERVICE

_ROW = DenialRow(
    id="r5w0m2k9xq",
    at=1_780_000_000.0,
    request_id="request-1",
    realm="demo",
    service=SERVICE,
    subject="bob",
    address="192.0.2.7",
    repository="web/app",
    actions=("pull", "push"),
    message="bob may not pull or push web/app: no rule allows it. Denial r5w0m2k9xq",
    rules_version="ac82a2313564af4c",
    reasons=(DenialReasonRow("push", "teams", "rules.yaml:3:5", "nearly allows it: \x1b[2J"),),
)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration with a state that has two refusals, and one without a state."""
    monkeypatch.chdir(tmp_path)
    realm = {
        "issuer": "https://auth.example.com",
        "services": {SERVICE: {}},
        "rules": "rules.yaml",
        "keys": "keys",
        "directory": {
            "servers": ["ldaps://127.0.0.1:1"],
            "service_account": {"dn": "cn=w", "password": "x"},
            "users": {"bases": ["ou=people"]},
            "groups": {"bases": ["ou=groups"]},
        },
    }
    settings = {"default_realm": "demo", "realms": {"demo": realm}}
    Path("with.yaml").write_text(yaml.safe_dump({**settings, "state": f"sqlite:///{tmp_path}/state.db"}))
    Path("without.yaml").write_text(yaml.safe_dump({**settings, "state": None}))
    state = SharedState(StateSettings(url=f"sqlite:///{tmp_path}/state.db"))
    state.keep_denials([_ROW, replace(_ROW, id="7k3m9x2pqa", subject="alice", at=_ROW.at + 60)])
    state.close()


def _run(*words: str, config: str = "with.yaml") -> Result:
    return CliRunner().invoke(main, ["denials", *words, "--config", config])


def test_the_newest_come_first() -> None:
    """One on a line."""
    done = _run("list")
    assert done.exit_code == 0, done.output
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["id", "when", "who", "what", "where"],
        ["7k3m9x2pqa", "2026-05-28T20:27:40Z", "alice", "pull,", "push", "web/app"],
        ["r5w0m2k9xq", "2026-05-28T20:26:40Z", "bob", "pull,", "push", "web/app"],
    ]


def test_those_of_one_person() -> None:
    """However the name is typed; of somebody who was refused nothing there are none."""
    (bobs,) = json.loads(_run("list", "--subject", "Bob", "--format=json").stdout)["denials"]
    assert (bobs["id"], bobs["subject"]) == ("r5w0m2k9xq", "bob")
    assert _run("list", "--subject=carol").stdout == "There is no such refusal.\n"


def test_one_is_shown_whole() -> None:
    """By its id, as it was read out; a terminal obeys nothing of it."""
    done = _run("show", " R5W0M2K9XQ")
    assert done.exit_code == 0, done.output
    text = " ".join(done.stdout.split())
    assert "told bob may not pull or push web/app: no rule allows it. Denial r5w0m2k9xq why" in text
    assert "(rules.yaml:3:5) nearly allows it: \\u{1b}[2J" in text
    assert "\x1b" not in done.stdout


def test_one_is_shown_to_programs() -> None:
    """With every field."""
    shown = json.loads(_run("show", "r5w0m2k9xq", "--format=json").stdout)
    assert shown == {
        "schema": 1,
        "id": "r5w0m2k9xq",
        "time": "2026-05-28T20:26:40Z",
        "realm": "demo",
        "service": SERVICE,
        "subject": "bob",
        "address": "192.0.2.7",
        "repository": "web/app",
        "actions": ["pull", "push"],
        "message": _ROW.message,
        "reasons": [
            {
                "action": "push",
                "rule": "teams",
                "position": "rules.yaml:3:5",
                "text": "nearly allows it: \x1b[2J",
            }
        ],
        "rules_version": "ac82a2313564af4c",
        "request_id": "request-1",
    }


def test_one_that_is_not_kept() -> None:
    """There is no answer."""
    done = _run("show", "0000000000")
    assert done.exit_code == 1
    assert "There is no refusal 0000000000" in done.stderr


@pytest.mark.parametrize("words", [("list",), ("show", "r5w0m2k9xq")])
def test_without_a_state_nothing_is_kept(words: tuple[str, ...]) -> None:
    """It says where refusals are then."""
    done = _run(*words, config="without.yaml")
    assert done.exit_code == 1
    assert "the audit stream alone" in done.stderr
