"""The audit stream's file while the server runs: full, rotated, gone."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.support.crowd import at_work
from tests.support.ports import free_port
from tests.support.processes import wait_until
from tests.support.server import REALM, Server, configuration
from tests.support.slapd import Slapd
from tests.support.small_disk import fill, small_disk

pytestmark = pytest.mark.slow  # servers that start and stop

_PULL = "/token?service=registry.example.com&scope=repository:base/x:pull"
_WAIT = timedelta(seconds=30)


def _ask(server: Server) -> requests.Response:
    return requests.get(f"{server.url}{_PULL}", timeout=15)


def _ready(server: Server) -> int:
    return requests.get(f"{server.url}/readyz?realms=none", timeout=5).status_code


@pytest.fixture
def full(tmp_path: Path, slapd: Slapd) -> Iterator[Server]:
    """Return a server whose audit stream is on a small disk, which is full."""
    with small_disk(tmp_path / "disk", "64k") as disk:
        settings = configuration(free_port(), slapd)
        settings["server"]["workers"] = 2
        settings["audit"]["to"] = str(disk / "audit.jsonl")
        with Server(tmp_path / "wharfinger", settings) as server:
            assert _ask(server).status_code == 200
            fill(disk)
            while _ask(server).status_code == 200:  # what the file's last page still takes
                pass
            yield server


def _audit(server: Server) -> Path:
    return Path(server.settings["audit"]["to"])


def _make_room(server: Server) -> None:
    (_audit(server).parent / "ballast").unlink()


def _check_the_next_token(server: Server) -> None:
    """Check that the line of the next token can be read, and that what is torn is no line."""
    issued = _ask(server)
    assert issued.status_code == 200
    lines = _audit(server).read_bytes().splitlines()
    torn = [line for line in lines if line.endswith(b" torn")]
    assert len(torn) == 1
    whole = [json.loads(line) for line in lines if line not in torn]
    assert whole[-1]["request_id"] == issued.headers["X-Request-Id"]
    assert whole[-1]["outcome"] == "issued"


def test_after_a_full_disk_every_token_has_a_readable_line(full: Server) -> None:
    """Also the first one; what the full disk left of a line is no line, and no token."""
    _make_room(full)
    _check_the_next_token(full)


def test_after_a_full_disk_and_a_restart_too(full: Server) -> None:
    """Another server finds the torn line, and ends it."""
    full.stop()
    _make_room(full)
    full.start()
    _check_the_next_token(full)


def test_a_server_that_cannot_write_is_not_ready_until_it_can(full: Server) -> None:
    """It finds that out although no request comes; every answer of both processes says so meanwhile."""
    wait_until(lambda: _ready(full) == 503, within=_WAIT, what="the server is not ready")
    found = requests.get(f"{full.url}/readyz/{REALM}", timeout=5)
    assert (found.status_code, found.json()["checks"]["audit"]) == (503, "audit_unavailable")
    assert "\nwharfinger_audit_failing 1.0\n" in requests.get(f"{full.url}/metrics", timeout=5).text
    _make_room(full)
    wait_until(lambda: _ready(full) == 200, within=_WAIT, what="the server is ready")
    assert [line["event"] for line in map(json.loads, _audit(full).read_bytes().splitlines()[-1:])] == [
        "resumed"
    ]
    assert "\nwharfinger_audit_failing 0.0\n" in requests.get(f"{full.url}/metrics", timeout=5).text


def _client(server: Server, answers: Counter[int]) -> Callable[[threading.Event], None]:
    parts = urlsplit(server.url)

    def run(over: threading.Event) -> None:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=15)
        while not over.is_set():
            try:
                connection.request("GET", _PULL)
                answer = connection.getresponse()
                answer.read()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                connection.close()  # a process that ends closes connections that are idle: nothing was asked
                continue
            answers[answer.status] += 1
        connection.close()

    return run


@pytest.mark.parametrize("tells", [True, False])
def test_no_line_is_lost_by_rotation_under_load(
    start_server: Callable[..., Server], slapd: Slapd, *, tells: bool
) -> None:
    """As logrotate does it: rename, make the next file, SIGHUP; and where nobody sends that."""
    server = start_server(slapd, lambda settings: settings["server"].update(workers=2))
    path = server.folder / "audit.jsonl"
    answers: Counter[int] = Counter()
    with at_work(_client(server, answers), threads=1), at_work(_client(server, answers), threads=1):
        for turn in range(8):
            so_far = answers.total()
            wait_until(lambda far=so_far: answers.total() > far + 20, within=_WAIT, what="some answers")  # type: ignore[misc]  # a default binds it
            path.rename(path.with_name(f"audit.jsonl.{turn}"))
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640))
            if tells:
                os.kill(server.pid, signal.SIGHUP)
            wait_until(lambda: path.stat().st_size > 0, within=_WAIT, what="a line in the next file")
    assert answers.keys() == {200}
    files = sorted(server.folder.glob("audit.jsonl*"))
    assert len(files) == 9
    assert all(file.stat().st_size for file in files)
    ids = [json.loads(line)["request_id"] for file in files for line in file.read_bytes().splitlines()]
    assert len(ids) == len(set(ids)) == answers.total()
