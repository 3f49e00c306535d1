"""Clients that send or read slowly, or not at all: they wait for themselves alone."""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests

from tests.support.processes import wait_until
from tests.support.server import SERVICE, Server
from tests.support.slapd import Slapd

POST = b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
HALVES = {
    "half a request line": b"GET /tok",
    "half a header": b"GET /token HTTP/1.1\r\nHost: x\r\nAuthoriz",
    "half a form": POST + b"Content-Length: 100\r\n\r\ngrant_type=pass",
    "half a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n64\r\ngrant_type=pass",
    "a form that is waited for": POST + b"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n",
}
PIPELINED = b"GET /openapi.yaml HTTP/1.1\r\nHost: x\r\n\r\n" * 300
QUICK = 1.0
"""Seconds within which everybody else is answered."""


def _connect(server: Server, octets: bytes) -> socket.socket:
    """Connect and send something, without waiting for an answer."""
    url = urlsplit(server.url)
    connection = socket.create_connection((url.hostname, url.port), timeout=10)
    connection.settimeout(0.05)
    with contextlib.suppress(TimeoutError):
        connection.sendall(octets)
    return connection


@contextlib.contextmanager
def _slow_clients(server: Server, octets: Sequence[bytes], count: int) -> Iterator[list[socket.socket]]:
    """Hold so many connections open, each of which has sent one of these."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(_connect(server, octets[number % len(octets)])) for number in range(count)]


def _slowest(server: Server, until: float) -> float:
    """Ask whether it is alive, and log in, until a time; return the longest that anything took."""
    slowest = 0.0
    while time.monotonic() < until:
        for path, login in (("/livez", None), (f"/token?service={SERVICE}", ("alice", "alice-password"))):
            begun = time.monotonic()
            assert requests.get(server.url + path, auth=login, timeout=10).status_code == 200
            slowest = max(slowest, time.monotonic() - begun)
    return slowest


def _read_all(connection: socket.socket) -> bytes:
    """Return what the server sent until it closed the connection."""
    connection.settimeout(10)
    return b"".join(iter(lambda: connection.recv(65536), b""))


def _is_alive(server: Server) -> Callable[[], bool]:
    """Whether the server answers at all."""
    return lambda: requests.get(f"{server.url}/livez", timeout=10).status_code == 200


def test_more_slow_clients_than_threads_hold_nobody_up(server: Server) -> None:
    """Eight threads, and twice as many connections of each kind."""
    with _slow_clients(server, [*HALVES.values(), PIPELINED, b""], 112):
        assert _slowest(server, time.monotonic() + 1) < QUICK


@pytest.mark.slow
def test_two_hundred_slow_clients_hold_nobody_up(start_server: Callable[..., Server], slapd: Slapd) -> None:
    """Two processes with 16 threads each, all the time until the clients' is over, and beyond."""
    server = start_server(slapd, lambda settings: settings["server"].update(workers=2, threads=16))
    for octets in (*HALVES.values(), PIPELINED):
        with contextlib.ExitStack() as stack:
            for _ in range(10):
                stack.enter_context(_slow_clients(server, [octets], 20))
                assert _slowest(server, time.monotonic() + 0.1) < QUICK
            assert _slowest(server, time.monotonic() + 2) < QUICK
    with _slow_clients(server, [*HALVES.values(), b""], 200):
        assert _slowest(server, time.monotonic() + 12) < QUICK


@pytest.fixture
def impatient(start_server: Callable[..., Server], slapd: Slapd) -> Server:
    """Start a server that waits for its clients for a second."""
    changed = {"request_timeout": "1s", "answer_timeout": "1s"}
    return start_server(slapd, lambda settings: settings["server"].update(changed))


@pytest.mark.slow
@pytest.mark.parametrize("octets", HALVES.values(), ids=HALVES)
def test_a_request_that_does_not_arrive_in_time_is_told(impatient: Server, octets: bytes) -> None:
    """408 in the one shape, with an id that the log has; octets that drip do not prolong it."""
    begun = time.monotonic()
    with _connect(impatient, octets) as connection:
        with contextlib.suppress(OSError):
            while time.monotonic() < begun + 1.5:
                connection.send(b"a")
                time.sleep(0.05)
        received = _read_all(connection).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert 1 <= time.monotonic() - begun < 4
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"Connection: close" in head
    (error,) = json.loads(body)["errors"]
    assert (error["code"], error["message"]) == ("UNSUPPORTED", "The request did not arrive in time.")
    (line,) = [line for line in impatient.log() if line.get("request_id", "-") in error["detail"]]
    assert (line["event"], line["status"], line["error"]) == ("request refused", 408, "RequestTimeoutError")


@pytest.mark.slow
def test_a_client_that_does_not_read_its_answers_is_cut(impatient: Server) -> None:
    """It gets what it took in time, and no thread waits for it."""
    with _connect(impatient, PIPELINED) as connection:
        time.sleep(2.5)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            received = _read_all(connection)
    assert received.count(b"HTTP/1.1 200 OK") < 300
    wait_until(_is_alive(impatient), within=timedelta(seconds=1), what="alive")


@pytest.mark.slow
def test_a_connection_that_says_nothing_is_closed_without_a_word(impatient: Server) -> None:
    """Five seconds after it was made, or after the last answer."""
    with (
        _connect(impatient, b"") as silent,
        _connect(impatient, b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n") as kept,
    ):
        begun = time.monotonic()
        assert _read_all(kept).startswith(b"HTTP/1.1 200 OK")
        assert _read_all(silent) == b""
        assert 4 < time.monotonic() - begun < 7


@pytest.mark.slow
def test_more_connections_than_a_process_has_make_room(
    start_server: Callable[..., Server], slapd: Slapd
) -> None:
    """The oldest that waits for its client is closed, so that a newcomer is answered."""
    server = start_server(slapd)
    with _slow_clients(server, [b"GET /tok"], 1200) as clients:
        assert _slowest(server, time.monotonic() + 2) < QUICK
        with selectors.DefaultSelector() as selector:
            for client in clients:
                selector.register(client, selectors.EVENT_READ)
            closed = {key.fileobj for key, _ in selector.select(0)}
        assert clients[0] in closed
        assert clients[-1] not in closed
