"""Keys that change under a server of several processes: no request fails, and no process runs ahead."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import jwt
import pytest
import requests

from app.keys.algorithm import Algorithm
from app.keys.create import create
from app.keys.signing_key import KeyState, SigningKey
from tests.support.crowd import at_work
from tests.support.keyfolder import activate, discard
from tests.support.processes import wait_until
from tests.support.server import REALM, SERVICE, Server, realm_path
from tests.support.slapd import Slapd

pytestmark = pytest.mark.slow

_WORKERS = 3
_WAIT = timedelta(seconds=30)


class _Callers:
    """Clients that get tokens all the time, and look up each one's key at whichever process answers.

    Attributes:
        signed: How many tokens they got by key.
        failures: What went wrong.
    """

    def __init__(self, server: Server) -> None:
        self.signed: Counter[str] = Counter()
        self.failures: list[str] = []
        self._server = server

    def at_work(self) -> AbstractContextManager[None]:
        return at_work(self._call, threads=3)

    def _call(self, over: threading.Event) -> None:
        while not over.wait(0.01):
            try:
                self._call_once()
            except (requests.RequestException, AssertionError) as error:
                self.failures.append(repr(error))

    def _call_once(self) -> None:
        # Requests without a session are a connection each, and so come to any of the processes.
        asked = {"service": SERVICE, "scope": "repository:base/debian:pull"}
        answer = requests.get(f"{self._server.url}/token", params=asked, timeout=10)
        assert answer.status_code == 200, answer.text
        kid = jwt.get_unverified_header(answer.json()["token"])["kid"]
        self.signed[kid] += 1
        for _ in range(_WORKERS):
            published = requests.get(f"{self._server.url}{realm_path()}/certs", timeout=10).json()["keys"]
            assert kid in {member["kid"] for member in published}, f"{kid} is not published everywhere"


@pytest.fixture
def server(start_server: Callable[..., Server], slapd: Slapd) -> Server:
    """Return a server of several processes."""
    return start_server(slapd, lambda settings: settings["server"].update(workers=_WORKERS))


def _make(server: Server, state: KeyState) -> SigningKey:
    return create(
        server.folder / "keys" / REALM,
        name="next",
        algorithm=Algorithm.ES256,
        state=state,
        common_name="k",
        now=datetime.now(UTC),
    )


def _metric(server: Server, name: str, **labels: str) -> float:
    text = requests.get(f"{server.url}/metrics", timeout=5).text
    written = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    found = re.search(rf"^{name}{{{re.escape(written)}}} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_no_process_signs_with_a_key_that_another_does_not_publish(server: Server) -> None:
    """Not even where a key was activated without waiting, right after it was made."""
    callers = _Callers(server)
    with callers.at_work():
        wait_until(lambda: len(callers.signed) == 1, within=_WAIT, what="a first token")
        key = _make(server, KeyState.ANNOUNCED)
        activate(server.folder / "keys" / REALM, key.name, datetime.now(UTC))
        wait_until(lambda: callers.signed[key.libtrust] > 50, within=_WAIT, what="tokens of the new key")
    assert callers.failures == []
    assert _metric(server, "wharfinger_key_processes", key_id=key.rfc7638, realm=REALM) == _WORKERS


def test_a_fault_is_no_end(server: Server) -> None:
    """The last good keys stay in force in every process, which metric and log tell, until it is mended."""
    callers = _Callers(server)
    garbage = server.folder / "keys" / REALM / "next.active.pem"
    with callers.at_work():
        garbage.write_text("garbage")
        os.kill(server.pid, signal.SIGHUP)
        wait_until(
            lambda: _metric(server, "wharfinger_keys_faulty", realm=REALM) == 1, within=_WAIT, what="a fault"
        )
        before = callers.signed.total()
        wait_until(lambda: callers.signed.total() > before + 50, within=_WAIT, what="more tokens")
        garbage.unlink()
        os.kill(server.pid, signal.SIGHUP)
        wait_until(
            lambda: _metric(server, "wharfinger_keys_faulty", realm=REALM) == 0, within=_WAIT, what="no fault"
        )
    assert callers.failures == []
    assert len(callers.signed) == 1
    told = [line for line in server.log() if line["event"].startswith("the files cannot be used")]
    assert 1 <= len(told) <= _WORKERS, "once in each process that answers"
    assert "next.active.pem" in str(told[0]["problems"])


def test_an_announced_key_signs_within_seconds(server: Server) -> None:
    """In all processes, after SIGHUP at once; and the key that is removed is published no more."""
    old = requests.get(f"{server.url}{realm_path()}/certs", timeout=5).json()["keys"][0]["kid"]
    folder = server.folder / "keys" / REALM
    callers = _Callers(server)
    with callers.at_work():
        key = _make(server, KeyState.ANNOUNCED)
        wait_until(lambda: _published(server, key.libtrust) == 20, within=_WAIT, what="the key is published")
        activate(folder, key.name, datetime.now(UTC))
        os.kill(server.pid, signal.SIGHUP)
        seconds = timedelta(seconds=5)
        wait_until(lambda: _followed(server, key), within=seconds, what="all processes have followed")
        wait_until(lambda: callers.signed[key.libtrust] > 0, within=seconds, what="tokens of the new key")
    assert callers.failures == []
    (former,) = (path.name.partition(".")[0] for path in folder.glob("*.retired-*"))
    discard(folder, former)
    wait_until(lambda: _published(server, old) == 0, within=_WAIT, what="the former key is gone")


def test_a_process_that_is_started_later_has_the_keys_of_its_peers(server: Server) -> None:
    """Even where the folder cannot be used just then, and the key that the server began with is long gone."""
    folder = server.folder / "keys" / REALM
    (former,) = (path.name.partition(".")[0] for path in folder.glob("*.active-*"))
    key = _make(server, KeyState.ANNOUNCED)
    wait_until(lambda: _published(server, key.libtrust) == 20, within=_WAIT, what="the key is published")
    activate(folder, key.name, datetime.now(UTC))
    discard(folder, former)
    wait_until(lambda: _followed(server, key), within=_WAIT, what="all processes have followed")
    (folder / "garbage.active.pem").write_text("garbage")

    workers = server.workers()
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    wait_until(lambda: _are_others(server.workers(), workers), within=_WAIT, what="other processes")
    callers = _Callers(server)
    with callers.at_work():
        wait_until(lambda: callers.signed.total() > 30, within=_WAIT, what="tokens")
    assert callers.failures == []
    assert callers.signed.keys() == {key.libtrust}


def test_a_pipe_stops_nothing(server: Server) -> None:
    """Where one lies among the keys, and nobody writes to it, rules are read anew, and processes start."""
    callers = _Callers(server)
    rules = server.folder / "rules.yaml"
    pipe = server.folder / "keys" / REALM / "next.active.pem"
    os.mkfifo(pipe)
    with callers.at_work():
        os.kill(server.pid, signal.SIGHUP)
        wait_until(lambda: _ready(server)["keys"] == "faulty", within=_WAIT, what="a fault of the keys")
        before = _ready(server)["version"]
        rules.write_text(rules.read_text() + "\n# another version\n")
        wait_until(lambda: _ready(server)["version"] != before, within=_WAIT, what="other rules")
    assert callers.failures == []
    workers = server.workers()
    os.kill(min(workers), signal.SIGKILL)
    wait_until(lambda: len(server.workers() - workers) == 1, within=_WAIT, what="another process")
    looked = _metric(server, "wharfinger_files_looked_timestamp_seconds", realm=REALM, files="keys")
    assert looked > time.time() - 30
    pipe.unlink()
    wait_until(lambda: _ready(server)["keys"] == "ok", within=_WAIT, what="no fault")


def _ready(server: Server) -> dict[str, str]:
    found = requests.get(f"{server.url}/readyz", timeout=5).json()
    return {"version": found["rules"][REALM]["version"], "keys": found["keys"][REALM]["files"]}


def _followed(server: Server, key: SigningKey) -> bool:
    return _metric(server, "wharfinger_key_processes", key_id=key.rfc7638, realm=REALM) == _WORKERS


def _are_others(workers: set[int], former: set[int]) -> bool:
    return len(workers) == _WORKERS and not workers & former


def _published(server: Server, kid: str) -> int:
    """Say how many of twenty answers have a key: of so many, every process gave some."""
    answers = [requests.get(f"{server.url}{realm_path()}/certs", timeout=5).text for _ in range(20)]
    return sum(kid in answer for answer in answers)
