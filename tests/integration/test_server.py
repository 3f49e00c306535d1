"""The whole server under gunicorn, before a real directory."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
import requests

from tests.support.directory import PASSWORDS
from tests.support.processes import wait_until
from tests.support.server import SERVICE, Server
from tests.support.slapd import Slapd

WAIT = timedelta(seconds=10)


def _ask(server: Server, login: str | None = None, *scopes: str, path: str = "/token") -> requests.Response:
    headers = {} if login is None else {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()}
    parameters: list[tuple[str, str]] = [("service", SERVICE), *(("scope", scope) for scope in scopes)]
    return requests.get(server.url + path, params=parameters, headers=headers, timeout=15)


def _access(server: Server, response: requests.Response) -> list[dict[str, object]]:
    """Verify a token as both registries would, by the published keys, and return its access."""
    assert response.status_code == 200, response.text
    return list(server.verified(response.json()["token"])["access"])


@pytest.mark.parametrize(
    ("name", "scope", "actions"),
    [
        ("alice", "repository:platform/app:pull,push,delete", ["pull", "push"]),
        ("alice", "repository:web/release/app:push,delete", ["delete", "push"]),
        ("bob", "repository:web/release/app:pull,push", ["pull"]),
        ("carol", "registry:catalog:*", ["*"]),
        ("erin", "repository:data/set:pull,push", ["pull", "push"]),
        ("frank", "repository:sandbox/frank/x:*", ["*", "delete", "pull", "push"]),
        ("zoë", "repository:base/debian:pull", ["pull"]),
    ],
)
def test_the_sample_company_has_the_rights_of_the_sample_rules(
    server: Server, name: str, scope: str, actions: list[str]
) -> None:
    """From credentials through directory and rules to a token that the published keys verify."""
    (entry,) = _access(server, _ask(server, f"{name}:{PASSWORDS[name]}", scope))
    assert entry["actions"] == actions


@pytest.mark.parametrize(
    ("name", "scope"), [("frank", "repository:platform/app:pull"), ("zoë", "repository:sandbox/zoë/x:pull")]
)
def test_what_no_rule_allows_is_left_out(server: Server, name: str, scope: str) -> None:
    """200 with fewer rights, not an error."""
    assert _access(server, _ask(server, f"{name}:{PASSWORDS[name]}", scope)) == []


def test_a_password_in_latin_1_is_read(server: Server) -> None:
    """Octets that are no UTF-8 are taken as Latin-1; they are then simply a wrong password here."""
    header = {"Authorization": "Basic " + base64.b64encode("frank:pässword".encode("latin-1")).decode()}
    response = requests.get(f"{server.url}/token", headers=header, timeout=15)
    assert response.status_code == 401
    assert response.json()["errors"][0]["message"] == "The user name or password is wrong."


def test_a_locked_account_is_told_where_the_site_wants_it(server: Server) -> None:
    """The sample configuration has `tell_account_state: true`."""
    response = _ask(server, f"dave:{PASSWORDS['dave']}")
    assert response.status_code == 401
    assert "locked" in response.json()["errors"][0]["message"]


def test_two_authorization_headers_are_refused(server: Server) -> None:
    """As they come over the wire: no library sends them."""
    basic = base64.b64encode(b"alice:alice-password").decode()
    lines = [
        "GET /token HTTP/1.1",
        "Host: x",
        *[f"Authorization: Basic {basic}"] * 2,
        "Connection: close",
        "",
        "",
    ]
    host, _, port = server.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode())
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert re.match(rb"HTTP/1.1 40[01] ", answer)


def test_one_line_of_log_and_audit_for_each_request(server: Server) -> None:
    """Both carry the request id, which is the token's id."""
    response = _ask(server, "alice:alice-password", "repository:platform/app:pull")
    request_id = response.headers["X-Request-Id"]
    audit = server.audit_line(request_id=request_id)
    assert (audit["subject"], audit["granted"], audit["rules"]) == (
        "alice",
        ["repository:platform/app:pull"],
        ["team-namespaces"],
    )
    assert audit["subject_id"]
    lines = [line for line in server.log() if line.get("request_id") == request_id]
    assert [line["event"] for line in lines] == ["token request"]
    claims = jwt.decode(response.json()["token"], options={"verify_signature": False})
    assert claims["jti"] == request_id


def test_identical_logins_of_many_threads_are_few_at_the_directory(server: Server) -> None:
    """Twenty requests at once with one password all get a token, and the metrics count them all."""
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: _ask(server, "carol:carol-password").status_code, range(20)))
    assert answers == [200] * 20


@pytest.mark.slow
def test_the_metrics_add_up_over_all_workers(start_server: Callable[..., Server], slapd: Slapd) -> None:
    """With two workers, whichever is asked tells of every request."""
    server = start_server(slapd, lambda settings: settings["server"].update(workers=2))
    for _ in range(12):
        assert _ask(server, None, "repository:base/x:pull").status_code == 200
    text = requests.get(f"{server.url}/metrics", timeout=5).text
    assert 'wharfinger_token_requests_total{outcome="issued",realm="demo"} 12.0' in text


def test_a_directory_that_is_down_is_unavailable_and_comes_back(
    start_server: Callable[..., Server], start_slapd: Callable[[], Slapd]
) -> None:
    """503 with Retry-After, /readyz names it, alive all the while; it works again by itself."""
    own = start_slapd()
    server = start_server(own)
    assert _ask(server, "alice:alice-password").status_code == 200
    own.stop()
    response = _ask(server, "bob:bob-password")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert response.json()["errors"][0]["code"] == "UNAVAILABLE"
    assert str(own.tls_port) not in response.text
    wait_until(
        lambda: requests.get(f"{server.url}/readyz", timeout=5).status_code == 503,
        within=WAIT,
        what="not ready",
    )
    assert requests.get(f"{server.url}/readyz", timeout=5).json()["checks"] == {
        "audit": "ok",
        "demo/directory": "directory_unavailable",
    }
    assert requests.get(f"{server.url}/livez", timeout=5).status_code == 200
    assert server.audit_line(outcome="directory_unavailable")["username"] == "bob"
    own.start()
    wait_until(
        lambda: _ask(server, "bob:bob-password").status_code == 200, within=timedelta(seconds=15), what="back"
    )


def test_it_ends_in_good_order(start_server: Callable[..., Server], slapd: Slapd) -> None:
    """SIGTERM: exit status 0, nothing left behind, and every line of the log is JSON."""
    server = start_server(slapd)
    _ask(server, "alice:alice-password")
    folders = _metrics_folders(server.pid)
    assert len(folders) == 1
    assert server.stop() == 0
    assert not any(folder.exists() for folder in folders)
    assert {"Starting gunicorn", "Shutting down: Master"} <= {
        re.sub(r" [0-9.]+$", "", str(line["event"])) for line in server.log()
    }


def _metrics_folders(pid: int) -> set[Path]:
    """Return the folders of the counts that a server's worker shares: it has their files mapped."""
    maps = Path(f"/proc/{_worker(pid)}/maps").read_text().splitlines()
    return {Path(line.split()[-1]).parent for line in maps if line.endswith(".db")}


def _worker(master: int) -> int:
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return int(children[0])


@pytest.mark.slow
def test_hangup_replaces_no_worker(start_server: Callable[..., Server], slapd: Slapd) -> None:
    """SIGHUP is no end: every process looks at its files, and goes on to answer."""
    server = start_server(slapd)
    former = _worker(server.pid)
    os.kill(server.pid, signal.SIGHUP)
    assert _ask(server, "alice:alice-password").status_code == 200
    assert _worker(server.pid) == former


@pytest.mark.slow
def test_no_secret_is_anywhere(start_server: Callable[..., Server], slapd: Slapd) -> None:
    """Marked passwords and tokens stand in no log, audit line, metric, answer or process list."""
    server = start_server(slapd, lambda settings: settings["log"].update(level="debug"))
    token = _ask(server, "alice:alice-password", "repository:platform/app:pull").json()["token"]
    answers = [
        _ask(server, login, path=path).text
        for login in (
            "frank:marked-wrong",
            "nobody:marked-unknown",
            "dave:marked-locked",
            "robot$ci-platform:marked-robot",
        )
        for path in ("/token", "/nowhere", "/auth/realms/other/protocol/docker-v2/auth")
    ]
    answers.append(
        requests.get(f"{server.url}/token", headers={"Authorization": "Bearer marked-bearer"}, timeout=5).text
    )
    everything = [
        *answers,
        requests.get(f"{server.url}/metrics", timeout=5).text,
        json.dumps([server.log(), server.audit()]),
        *(
            path.read_bytes().decode(errors="replace")
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if path.exists()
        ),
    ]
    for text in everything:
        for secret in ("marked-", "alice-password", "wharfinger-password", token, "YWxpY2U6"):
            assert secret not in text


def test_the_metrics_of_a_realm_are_there_before_anything_happens(server: Server) -> None:
    """An alert sees the first request whose audit line could not be written, for the count was 0 before."""
    found = requests.get(f"{server.url}/metrics", timeout=15).text
    labels = '{outcome="audit_unavailable",realm="demo"}'
    assert f"\nwharfinger_token_requests_total{labels} 0.0\n" in found
    assert '\nwharfinger_state_faults_total{realm="demo"} 0.0\n' in found
