"""How every command ends: 0 all is well, 1 no or no answer, 2 a wrong command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from app.cli.exits import no_answer
from app.cli.main import main
from app.errors import ConfigurationError, DirectoryMisconfigured, Position, Problem
from app.keys.algorithm import Algorithm
from app.keys.create import create
from app.keys.signing_key import KeyState
from app.telemetry.audit import line
from tests.support import records
from tests.support.parts import NOW
from tests.support.server import SAMPLE_RULES, SERVICE

_CONFIG = "--config=wharfinger.yaml"
_BROKEN = "--config=broken.yaml"
_RULES = "--rules=rules.yaml"
_AT = "--at=2026-06-01"

CASES: dict[str, list[tuple[int, str]]] = {
    "serve": [(1, _BROKEN), (1, "--config=missing.yaml"), (2, "")],
    "audit search": [
        (0, "audit.jsonl --subject=bob"),
        (1, "audit.jsonl --subject=nobody"),
        (1, "missing.jsonl"),
        (2, ""),
        (2, "audit.jsonl --repository={team}/x"),
        (2, "audit.jsonl --repository=web/** --catalog"),
        (2, "audit.jsonl --from=nowhere"),
    ],
    "audit verify": [(0, "audit.jsonl"), (1, "audit.jsonl list"), (1, "missing.jsonl"), (2, "")],
    "check-config": [(0, _CONFIG), (1, _BROKEN), (1, "--config=."), (2, ""), (2, f"{_CONFIG} --nonsense")],
    "denials list": [(1, _BROKEN), (2, f"{_CONFIG} --most=0")],
    "denials show": [(1, f"r5w0m2k9xq {_BROKEN}"), (2, _CONFIG)],
    "directory check": [(1, _CONFIG), (1, _BROKEN), (2, f"{_CONFIG} --realm=nowhere")],
    "directory whois": [(1, f"alice {_CONFIG}"), (1, f"alice {_BROKEN}"), (2, _CONFIG)],
    "health": [(1, _CONFIG), (1, _BROKEN), (2, "")],
    "keys activate": [(0, f"first {_CONFIG}"), (1, f"next {_CONFIG}"), (2, f"nonsense {_CONFIG}")],
    "keys list": [(0, _CONFIG), (1, _BROKEN), (2, f"{_CONFIG} --realm=nowhere")],
    "keys new": [(0, f"{_CONFIG} --if-none"), (1, _CONFIG), (2, f"{_CONFIG} --algorithm=HS256")],
    "keys publish": [(0, f"published {_CONFIG}"), (1, f"keys {_CONFIG}"), (2, _CONFIG)],
    "keys remove": [(0, f"old {_CONFIG} --now"), (1, f"first {_CONFIG}"), (2, f"nonsense {_CONFIG}")],
    "keys retire": [(0, f"next {_CONFIG}"), (1, f"first {_CONFIG}"), (2, f"nonsense {_CONFIG}")],
    "keys rotate": [(1, _CONFIG), (1, _BROKEN), (2, f"{_CONFIG} --older-than=soon")],
    "registry check": [
        (1, f"http://127.0.0.1:1 {_CONFIG}"),
        (1, f"https://127.0.0.1:1 {_CONFIG} --ca-file=missing.pem"),
        (2, f"https:// {_CONFIG}"),
    ],
    "registry config": [
        (0, f"{SERVICE} --for=distribution3 {_CONFIG}"),
        (1, f"{SERVICE} --for=distribution3 --out=keys {_CONFIG}"),
        (2, f"nonsense --for=distribution3 {_CONFIG}"),
    ],
    "robots list": [
        (0, f"{_RULES} --replay=audit.jsonl"),
        (0, _CONFIG),
        (1, "--rules=missing.yaml"),
        (1, f"{_RULES} --replay=missing.jsonl"),
        (2, ""),
    ],
    "robots new": [(0, "ci --secret-file=-"), (1, "ci --secret-file=rules.yaml"), (2, "CI --secret-file=-")],
    "rules accept": [(1, f"0123456789abcdef {_CONFIG}"), (2, f"x {_CONFIG} --realm=nowhere"), (2, _CONFIG)],
    "rules check": [
        (0, f"rules.yaml {_AT}"),
        (0, f"rules.yaml {_AT} {_CONFIG}"),
        (1, "broken.yaml"),
        (1, "missing.yaml"),
        (1, "warned.yaml --strict"),
        (1, f"rules.yaml {_AT} {_BROKEN}"),
        (1, f"rules.yaml {_AT} {_CONFIG} --directory"),
        (2, f"rules.yaml {_CONFIG} --realm=nowhere"),
        (2, "rules.yaml --directory"),
        (2, "rules.yaml --at=noon"),
    ],
    "rules diff": [
        (0, "rules.yaml rules.yaml"),
        (1, "rules.yaml warned.yaml"),
        (1, "rules.yaml missing.yaml"),
        (1, "rules.yaml rules.yaml --replay=missing.jsonl"),
        (1, "rules.yaml rules.yaml --subjects=missing --repositories=missing"),
        (2, "rules.yaml rules.yaml --subjects=list"),
        (2, "rules.yaml rules.yaml --replay=list --subjects=list --repositories=list"),
    ],
    "rules explain": [
        (0, f"anonymous base/x pull {_RULES}"),
        (1, f"anonymous base/x push {_RULES}"),
        (1, "anonymous base/x --rules=missing.yaml"),
        (1, f"robot$nobody base/x {_RULES}"),
        (0, f"anonymous {_RULES}"),
        (1, "anonymous --rules=used.yaml"),
        (1, f"alice base/x {_CONFIG}"),
        (2, "anonymous base/x"),
        (2, f"anonymous base/x write {_RULES}"),
        (2, f"anonymous base/x {_RULES} --groups=a"),
        (2, f"anonymous base/x {_CONFIG} --candidate"),
    ],
    "rules import docker-auth": [
        (0, "acl.yaml"),
        (1, "acl.yaml --out=rules.yaml"),
        (1, "missing.yaml"),
        (2, ""),
    ],
    "rules import keycloak": [
        (0, "realm.json --url=https://auth.example.com"),
        (1, "realm.json"),
        (1, "realm.json --url=https://auth.example.com --realm=nowhere"),
        (1, "missing.json --url=https://auth.example.com"),
        (1, "realm.json --url=https://auth.example.com --out=acl.yaml"),
        (2, ""),
    ],
    "rules schema": [(0, ""), (2, "nonsense")],
    "rules version": [(0, "rules.yaml"), (1, "missing.yaml"), (2, "")],
    "rules unused": [
        (0, "used.yaml --replay=audit.jsonl"),
        (1, "rules.yaml --replay=audit.jsonl"),
        (1, "used.yaml --replay=missing.jsonl"),
        (1, "used.yaml --replay=list"),
        (1, "used.yaml --replay=audit.jsonl --realm=nowhere"),
        (1, "missing.yaml --replay=audit.jsonl"),
        (2, "used.yaml"),
    ],
    "rules who-can": [
        (0, f"pull base/x {_RULES}"),
        (1, f"delete base/x {_RULES}"),
        (1, "pull base/x --rules=missing.yaml"),
        (1, f"push web/x {_CONFIG} --expand"),
        (0, f"pull base/** {_RULES}"),
        (1, "delete base/** --rules=used.yaml"),
        (2, f"write base/x {_RULES}"),
        (2, f"pull base/**x {_RULES}"),
        (2, f"pull base/x {_RULES} --expand"),
    ],
}
ELSEWHERE = {
    ("serve", 0): "it runs until it is stopped",
    ("denials list", 0): "test_denials.py has a state",
    ("denials show", 0): "likewise",
    ("health", 0): "tests/integration has servers",
    ("directory check", 0): "tests/integration has directories",
    ("directory whois", 0): "likewise",
    ("registry check", 0): "test_check.py beside the registry's commands has registries",
    ("rules accept", 0): "rules/test_accept.py has a realm with a guard",
    ("rules schema", 1): "it asks nothing",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a configuration whose directory is away, its keys and rules, and broken files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WHARFINGER_CONFIG", raising=False)
    shutil.copyfile(SAMPLE_RULES, "rules.yaml")
    for name, state in (("first", KeyState.ACTIVE), ("next", KeyState.ANNOUNCED), ("old", KeyState.RETIRED)):
        create(
            tmp_path / "keys",
            name=name,
            algorithm=Algorithm.ES256,
            state=state,
            common_name="demo",
            now=NOW,
        )
    realm = {
        "issuer": "https://auth.example.com/auth/realms/demo",
        "services": {SERVICE: {}},
        "rules": "rules.yaml",
        "keys": "keys",
        "keys_propagation": "365d",
        "directory": {
            "servers": ["ldaps://127.0.0.1:1"],
            "service_account": {"dn": "cn=w", "password": "x"},
            "users": {"bases": ["ou=people"]},
            "groups": {"bases": ["ou=groups"]},
        },
    }
    Path("wharfinger.yaml").write_text(yaml.safe_dump({"default_realm": "demo", "realms": {"demo": realm}}))
    Path("broken.yaml").write_text("version: 1\nrulez: []\n")
    Path("warned.yaml").write_text(
        "version: 1\nrules: [{id: a, everyone: true, repositories: [x], allow: [push]}]\n"
    )
    Path("acl.yaml").write_text("acl: [{match: {account: alice, name: x}, actions: [pull]}]\n")
    client = {"clientId": "registry.example.com", "protocol": "docker-v2"}
    Path("realm.json").write_text(json.dumps({"realm": "corp", "clients": [client]}))
    Path("list").write_text("anonymous\n")
    Path("used.yaml").write_text(
        "version: 1\nrules: [{id: a, users: [bob], repositories: [x], allow: [pull]}]\n"
    )
    asked = records.scopes("repository:x:pull")
    Path("audit.jsonl").write_bytes(line(records.token_record(subject="bob", asked=asked, rules_version="v")))
    return tmp_path


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [(command, code, words) for command, cases in CASES.items() for code, words in cases],
)
@pytest.mark.usefixtures("folder")
def test_a_command_ends_with_its_code(command: str, code: int, words: str) -> None:
    """Where there is no answer, standard error says why, without a traceback or advice on usage."""
    done = CliRunner().invoke(main, [*command.split(), *words.split()])
    assert done.exit_code == code, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert ("Usage:" in done.stderr) == (code == 2)
    if code == 1 and done.stderr:
        assert "Error: " in done.stderr


@pytest.mark.usefixtures("folder")
def test_a_rotation_that_can_go_on_ends_with_0() -> None:
    """The way there takes several commands, so it stands by itself."""
    for words in (
        ["keys", "retire", "next", _CONFIG],
        ["keys", "remove", "next", _CONFIG, "--now"],
        ["keys", "remove", "old", _CONFIG, "--now"],
        ["keys", "rotate", _CONFIG],
    ):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, done.output


def _commands(group: click.Group, path: str = "") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}"


def test_every_code_of_every_command_is_tried() -> None:
    """Here, or where the reason says."""
    wanted = {(command, code) for command in _commands(main) for code in (0, 1, 2)}
    tried = {(command, code) for command, cases in CASES.items() for code, _ in cases}
    assert wanted == tried | ELSEWHERE.keys() | {("keys rotate", 0)}


def test_a_terminal_obeys_nothing_that_a_server_says() -> None:
    """What would clear the screen or name the window is written out; the rest of the text stays."""
    error = DirectoryMisconfigured("result 53 (\x1b]0;pwned\x07\x1b[2J, Every server works.)")
    said = no_answer(error).message
    assert said.isprintable()
    assert "Every server works." in said


def test_problems_stand_one_on_a_line() -> None:
    """With their number above where there are several."""
    one, two = Problem(Position("a", 1, 2), "is wrong"), Problem.of_file("b", "cannot be read")
    assert no_answer(ConfigurationError([one])).message == "a:1:2: is wrong"
    lines = no_answer(ConfigurationError([one, two])).message.split("\n")
    assert lines == ["2 problems:", "a:1:2: is wrong", "b: cannot be read"]
