"""Many logins at once, over kept connections: what a job that never gives up sends."""

from __future__ import annotations

import base64
import http.client
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.support.server import SERVICE, Server, realm_path

_PATH = f"{realm_path()}/auth?service={SERVICE}"
_TIMEOUT_SECONDS = 20


def basic(user: str, password: str) -> Mapping[str, str]:
    """Return the header of a login."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def log_in(server: Server, user: str, password: str, **headers: str) -> tuple[int, Mapping[str, str]]:
    """Log in once, over a connection of its own, and give status and headers."""
    connection = _connect(server)
    try:
        connection.request("GET", _PATH, headers={**basic(user, password), **headers})
        answer = connection.getresponse()
        answer.read()
        return answer.status, dict(answer.getheaders())
    finally:
        connection.close()


def repeat(
    servers: Sequence[Server], user: str, password: str, times: int, threads: int = 16
) -> Counter[int]:
    """Send one login many times, to one server after the other, and count the statuses."""
    numbers = itertools.count()

    def send(_: int) -> Counter[int]:
        seen: Counter[int] = Counter()
        kept = [_connect(server) for server in servers]
        while (number := next(numbers)) < times:
            connection = kept[number % len(kept)]
            seen[_answer(connection, basic(user, password))] += 1
        for connection in kept:
            connection.close()
        return seen

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(send, range(threads)), Counter())


@contextmanager
def at_work(work: Callable[[threading.Event], None], threads: int) -> Iterator[None]:
    """Have threads work while something else happens; each is given what says when that is over."""
    over = threading.Event()
    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(work, over) for _ in range(threads)]
        try:
            yield
        finally:
            over.set()
            for each in running:
                each.result(_TIMEOUT_SECONDS)


@contextmanager
def meanwhile(
    servers: Sequence[Server], user: str, password: str, pause: float, **headers: str
) -> Iterator[Counter[int]]:
    """Log somebody in again and again while something else happens; a new connection is any worker's."""
    seen: Counter[int] = Counter()

    def go_on(over: threading.Event) -> None:
        for server in itertools.cycle(servers):
            seen[log_in(server, user, password, **headers)[0]] += 1
            if over.wait(pause):
                return

    with at_work(go_on, threads=1):
        yield seen


def _answer(connection: http.client.HTTPConnection, headers: Mapping[str, str]) -> int:
    """Send a login, once more where the server has just closed a connection that was idle."""
    for again in (True, False):
        try:
            connection.request("GET", _PATH, headers=headers)
            answer = connection.getresponse()
            answer.read()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            connection.close()
            if not again:
                raise
        else:
            return answer.status
    raise AssertionError("unreachable")


def _connect(server: Server) -> http.client.HTTPConnection:
    address = urlsplit(server.url)
    return http.client.HTTPConnection(address.hostname or "", address.port, timeout=_TIMEOUT_SECONDS)
