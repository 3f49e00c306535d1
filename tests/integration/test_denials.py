"""Refusals that reach the person, over HTTP: the answer, and what is kept of it after a stop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import requests

from tests.support.commands import run
from tests.support.directory import PASSWORDS
from tests.support.ports import free_port
from tests.support.server import REALM, SERVICE, WHARFINGER, Server, configuration
from tests.support.slapd import Slapd
from tests.support.tools import REPOSITORY

pytestmark = pytest.mark.slow  # a server of its own

_SILENT: Final = "silent.example.com"
_DOCKER, _SKOPEO = {"User-Agent": "docker/28.2.2"}, {"User-Agent": "skopeo/1.9.3"}
_SCOPE: Final = "repository:platform/app:pull,push"
_TEXT: Final = (
    "bob may not pull or push platform/app: no rule allows it; rule team-namespaces would, but "
    "bob is not in group team-platform. Denial "
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, slapd: Slapd) -> Iterator[Server]:
    """Return a server with a state, and a second service that is silent."""
    settings = configuration(free_port(), slapd)
    folder = tmp_path_factory.mktemp("told")
    settings["state"] = f"sqlite:///{folder}/state.db"
    settings["realms"][REALM]["services"][_SILENT] = {"denials": "silent"}
    with Server(folder, settings) as running:
        yield running


def _get(
    server: Server, login: str | None, headers: dict[str, str], service: str = SERVICE
) -> requests.Response:
    return requests.get(
        server.token_url,
        params={"service": service, "scope": _SCOPE},
        auth=(login, PASSWORDS[login]) if login else None,
        headers=headers,
        timeout=15,
    )


def _error(answer: requests.Response) -> dict[str, Any]:
    (error,) = answer.json()["errors"]
    return dict(error)


def test_the_answer_is_what_the_client_shows(told: Server) -> None:
    """403, or 401 with a challenge, as the client needs it; by POST with what OAuth wants."""
    docker, skopeo = _get(told, "bob", _DOCKER), _get(told, "bob", _SKOPEO)
    assert (docker.status_code, skopeo.status_code) == (403, 401)
    assert (_error(docker)["code"], _error(skopeo)["code"]) == ("DENIED", "UNAUTHORIZED")
    assert "WWW-Authenticate" not in docker.headers
    assert skopeo.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert all(_error(each)["message"].startswith(_TEXT) for each in (docker, skopeo))
    form = {"grant_type": "password", "username": "bob", "password": PASSWORDS["bob"], "service": SERVICE}
    posted = requests.post(told.token_url, data={**form, "scope": _SCOPE}, headers=_DOCKER, timeout=15)
    assert (posted.status_code, posted.json()["error"]) == (403, "invalid_scope")
    assert posted.json()["error_description"] == _error(posted)["message"]


def test_nobody_reads_what_to_type(told: Server) -> None:
    """With the challenge that asks for it."""
    answer = _get(told, None, _DOCKER)
    assert (answer.status_code, _error(answer)["code"]) == (401, "UNAUTHORIZED")
    assert _error(answer)["message"].endswith(f"without a login. Type: docker login {SERVICE}")
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("login", ["bob", None])
def test_a_silent_service_gives_tokens(told: Server, login: str | None) -> None:
    """To everybody, with what is granted: nothing."""
    answer = _get(told, login, _DOCKER, _SILENT)
    assert answer.status_code == 200
    assert answer.json()["token"]


def test_a_refusal_is_counted_written_down_and_kept(told: Server) -> None:
    """What the person read leads to its line in the audit stream, and after a stop it is found by its id."""
    message = _error(_get(told, "bob", _DOCKER))["message"]
    known_as = message.removeprefix(_TEXT)
    line = told.audit_line(denial=known_as)
    assert (line["outcome"], line["granted"], line["subject"]) == ("denied", [], "bob")
    assert 'outcome="denied"' in requests.get(f"{told.url}/metrics", timeout=15).text
    told.stop()
    try:
        shown = json.loads(told.command("denials", "show", known_as, "--format", "json", check=True).stdout)
        assert (shown["message"], shown["request_id"]) == (message, line["request_id"])
        listed = told.command("denials", "list", "--subject", "bob", check=True).stdout
        assert known_as in listed
    finally:
        told.start()


def test_the_audit_stream_can_be_replayed(told: Server, tmp_path: Path) -> None:
    """Rules that would have granted what was refused are said to."""
    _get(told, "bob", _DOCKER)
    new = tmp_path / "new.yaml"
    rules = (told.folder / "rules.yaml").read_text()
    added = "  - {id: more, users: [bob], repositories: ['platform/**'], allow: [push]}\n"
    new.write_text(rules.replace("\nrobots:\n", f"\n{added}\nrobots:\n", 1))
    audit = told.folder / str(told.settings["audit"]["to"])
    words = ("rules", "diff", told.folder / "rules.yaml", new, "--replay", audit, "--format", "json")
    gained = json.loads(run(*WHARFINGER, *words, cwd=REPOSITORY).stdout)["gained"]
    assert {(each["subject"], each["resource"], each["action"]) for each in gained} >= {
        ("bob", "repository:platform/app", "push")
    }
