"""A server that is told to stop: what it has accepted is answered, and nothing else is accepted."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import yaml

from tests.support.ports import free_port
from tests.support.processes import wait_until
from tests.support.server import WHARFINGER, Server, configuration
from tests.support.slapd import Slapd
from tests.support.tools import REPOSITORY

pytestmark = pytest.mark.slow  # servers that start and stop

_PATH = "/token?scope=repository:base/x:pull"
Change = Callable[[dict[str, Any]], object]


class _Client:
    """Asks until the server accepts no more; what then becomes of a request is a loss."""

    def __init__(self, url: str, *, keeps: bool, timeout: float = 15) -> None:
        self.answers: Counter[str] = Counter()
        self._keeps = keeps
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)

    def run(self, ends: Callable[[], bool] = lambda: False) -> None:
        while not ends():
            if self._connection.sock is None:
                try:
                    self._connection.connect()
                except ConnectionRefusedError:
                    return
            self.answers[self._ask()] += 1

    def _ask(self) -> str:
        try:
            self._connection.request("GET", _PATH, headers={} if self._keeps else {"Connection": "close"})
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return repr(error)
        return str(answer.status)


@contextmanager
def _clients(server: Server) -> Iterator[list[_Client]]:
    """Have four clients that connect for every request and four that keep their connection."""
    clients = [_Client(server.url, keeps=number % 2 == 0) for number in range(8)]
    with ThreadPoolExecutor(len(clients)) as pool:
        running = [pool.submit(client.run) for client in clients]
        yield clients
        for each in running:
            each.result()


def test_no_request_is_lost_when_a_server_stops(start_server: Callable[..., Server], slapd: Slapd) -> None:
    """Under load, three times, with two processes that close one after the other."""
    change: Change = lambda settings: settings["server"].update(workers=2)  # noqa: E731 - one word of a test
    server = start_server(slapd, change)
    for _ in range(3):
        with _clients(server) as clients:
            asked_enough = lambda: all(client.answers["200"] > 5 for client in clients)  # noqa: E731 - called here
            wait_until(asked_enough, within=timedelta(seconds=30), what="every client has its answers")
            begun = time.monotonic()
            assert server.stop() == 0
        assert time.monotonic() - begun < 10
        total = sum((client.answers for client in clients), Counter[str]())
        assert total.keys() == {"200"}
        server.start()


def test_a_request_that_runs_is_finished(start_server: Callable[..., Server], slapd: Slapd) -> None:
    """A wrong password takes a quarter of a second: it is answered all the same."""
    server = start_server(slapd)
    found: list[requests.Response] = []

    def ask() -> None:
        found.append(requests.get(f"{server.url}/token", auth=("alice", "wrong"), timeout=15))

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.1)
    assert server.stop() == 0
    asking.join()
    assert found[0].status_code == 401


def test_a_server_that_drains_answers_on_and_is_not_ready(
    start_server: Callable[..., Server], slapd: Slapd
) -> None:
    """For as long as its balancer needs to notice; connections are kept by nobody meanwhile."""
    server = start_server(slapd, lambda settings: settings["server"].update(drain="2s"))
    assert requests.get(f"{server.url}/readyz", timeout=5).status_code == 200
    begun = time.monotonic()
    os.kill(server.pid, signal.SIGTERM)
    time.sleep(0.5)
    answer = requests.get(f"{server.url}/readyz", timeout=5)
    assert (answer.status_code, answer.json()["status"]) == (503, "stopping")
    while time.monotonic() < begun + 1.5:
        answer = requests.get(f"{server.url}{_PATH}", timeout=5)
        assert (answer.status_code, answer.headers["Connection"]) == (200, "close")
    assert server.stop() == 0
    assert 2 <= time.monotonic() - begun < 12


@pytest.fixture
def activated(slapd: Slapd, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start a server on a socket that somebody else keeps, as systemd does; as often as it is called."""
    server = Server(tmp_path / "wharfinger", configuration(free_port(), slapd))
    host, port = server.url.removeprefix("http://").split(":")
    started: list[subprocess.Popen[bytes]] = []
    with socket.create_server((host, int(port)), backlog=128) as kept, ExitStack() as stack:
        number = kept.fileno()
        script = f'exec 3<&{number}; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"'
        argv = ["bash", "-c", script, "bash", *WHARFINGER, "serve", "--config", str(server.config)]

        def start() -> subprocess.Popen[bytes]:
            log = stack.enter_context((server.folder / "log.jsonl").open("ab"))
            started.append(subprocess.Popen(argv, pass_fds=[number], cwd=REPOSITORY, stderr=log))
            return started[-1]

        yield start
        for each in started:
            each.kill()
            each.wait()


def _wait_for_answers(clients: list[_Client], count: int) -> None:
    """Wait until the clients have had so many answers."""
    wait_until(
        lambda: sum(client.answers.total() for client in clients) >= count,
        within=timedelta(seconds=30),
        what=f"{count} answers",
    )


def test_nobody_notices_a_restart_where_systemd_keeps_the_socket(
    activated: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    """Who connects meanwhile waits for the server that comes."""
    url = yaml.safe_load((tmp_path / "wharfinger" / "wharfinger.yaml").read_text())["server"]["bind"]
    running, ends = activated(), threading.Event()
    clients = [_Client(f"http://{url}", keeps=False, timeout=60) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(client.run, ends.is_set) for client in clients]
        try:
            for times in (1, 2):
                _wait_for_answers(clients, 50 * times)
                running.send_signal(signal.SIGTERM)
                assert running.wait(20) == 0
                running = activated()
            _wait_for_answers(clients, 150)
        finally:
            ends.set()
        for each in asking:
            each.result()
    assert sum((client.answers for client in clients), Counter[str]()).keys() == {"200"}
