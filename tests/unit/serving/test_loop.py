"""Which connection waits for what, and for how long: with a clock and threads that a test moves."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException

from app.serving.connection import ClientConnection
from app.serving.loop import Loop, RequestTimeoutError, Wait

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
SECONDS = {Wait.IDLE: 5.0, Wait.RECEIVING: 10.0, Wait.TURN: 10.0, Wait.SENDING: 10.0, Wait.CLOSING: 2.0}


class _Pool(Executor):
    """Threads that do nothing until a test lets them."""

    def __init__(self) -> None:
        self.given: list[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]] = []

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **_: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.given.append((future, function, arguments))
        return future

    def work(self) -> None:
        """Do everything that was given so far."""
        given, self.given = self.given, []
        for future, function, arguments in given:
            future.set_result(function(*arguments))


class _Calls:
    """Calls from other threads, which are made with the next turn."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        self._calls: list[Callable[[], object]] = []

    def fileno(self) -> int:
        return self._read

    def run_callbacks(self, _: object) -> None:
        os.read(self._read, 1000)
        calls, self._calls = self._calls, []
        for call in calls:
            call()

    def defer(self, callback: Callable[..., object], *arguments: object) -> None:
        self._calls.append(lambda: callback(*arguments))
        os.write(self._write, b".")


class _Scene:
    """A loop that listens in a folder, and answers every request with `ok`."""

    def __init__(self, folder: Path, most: int = 100) -> None:
        self.now = 0.0
        self.refused: list[type[Exception]] = []
        self.pool = _Pool()
        self._path = str(folder / "socket")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self._path)
        listener.listen(100)
        self.loop = Loop(
            self,
            listeners=[listener],
            pool=self.pool,
            calls=_Calls(),
            seconds=SECONDS,
            most=most,
            clock=lambda: self.now,
        )
        self._clients: list[socket.socket] = []

    def connect(self, sock: socket.socket, client: Any, listener: socket.socket) -> ClientConnection:
        return ClientConnection(sock, client, listener.getsockname(), Config(), 1000)

    def answer(self, connection: ClientConnection) -> None:
        connection.finish(b"ok", keep=True)
        connection.send()

    def refuse(self, error: ParseException, connection: ClientConnection) -> bytes:
        self.refused.append(type(error))
        return b"no"

    def client(self, octets: bytes = b"") -> socket.socket:
        """Connect, and send something."""
        made = socket.socket(socket.AF_UNIX)
        self._clients.append(made)
        made.settimeout(0)
        made.connect(self._path)
        made.sendall(octets)
        return made

    def turn(self, seconds: float = 0.0) -> None:
        """Let time pass, then see to everything."""
        self.now += seconds
        for _ in range(20):
            self.loop.turn(0)

    def serve(self) -> None:
        """Have everything answered that is ready, and what becomes ready by that."""
        for _ in range(20):
            self.turn()
            self.pool.work()

    def close(self) -> None:
        self.loop.close()
        for client in self._clients:
            client.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[_Scene]:
    """Return a loop."""
    made = _Scene(tmp_path)
    yield made
    made.close()


def _received(client: socket.socket) -> bytes | None:
    """Return what a client has got so far; None where its connection is closed."""
    with contextlib.suppress(BlockingIOError):
        return client.recv(1000) or None
    return b""


def test_a_request_is_given_to_a_thread_when_it_is_whole(scene: _Scene) -> None:
    """Not before; and its connection is kept for another one."""
    client = scene.client(GET[:10])
    scene.turn()
    assert scene.pool.given == []
    client.sendall(GET[10:])
    scene.serve()
    assert _received(client) == b"ok"
    client.sendall(GET)
    scene.serve()
    assert _received(client) == b"ok"


def test_a_request_has_its_time_from_its_first_octet_on(scene: _Scene) -> None:
    """What drips does not prolong it; then it is refused, and the connection closed."""
    client = scene.client()
    scene.turn(4)
    for octet in GET[:9]:
        client.sendall(bytes([octet]))
        scene.turn(1)
    scene.turn(1.9)
    assert (scene.refused, _received(client)) == ([], b"")
    scene.turn(0.2)
    assert scene.refused == [RequestTimeoutError]
    assert _received(client) == b"no"
    assert _received(client) is None


def test_a_connection_that_says_nothing_is_closed_without_a_word(scene: _Scene) -> None:
    """A new one, and one that was answered."""
    new, answered = scene.client(), scene.client(GET)
    scene.serve()
    assert _received(answered) == b"ok"
    scene.turn(4.9)
    assert (_received(new), _received(answered)) == (b"", b"")
    scene.turn(0.2)
    assert (_received(new), _received(answered), scene.refused) == (None, None, [])


def test_what_is_no_request_is_refused_at_once(scene: _Scene) -> None:
    """Also where it comes behind one."""
    client = scene.client(GET + b"nonsense\r\n\r\n")
    scene.serve()
    assert _received(client) == b"okno"
    assert _received(client) is None


def test_a_client_that_does_not_read_is_cut_off(scene: _Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time to receive an answer; no thread has it meanwhile."""
    monkeypatch.setattr(_Scene, "answer", lambda _, it: it.finish(bytes(5_000_000), keep=True) or it.send())
    client = scene.client(GET)
    scene.serve()
    found = []
    for seconds in (9.9, 0.2):
        scene.turn(seconds)
        found.append(scene.loop.is_busy)
    assert found == [True, False]
    assert client.recv(1000)


def test_requests_that_were_sent_behind_each_other_take_one_thread(scene: _Scene) -> None:
    """Whoever waits for an answer before the next request is not held up by those who do not."""
    greedy = [scene.client(GET * 5) for _ in range(10)]
    scene.turn()
    assert len(scene.pool.given) == 10  # the first of each
    scene.pool.work()
    scene.turn()
    assert len(scene.pool.given) == 1
    patient = [scene.client(GET) for _ in range(3)]
    scene.turn()
    assert len(scene.pool.given) == 4
    scene.serve()
    assert [_received(client) for client in patient] == [b"ok"] * 3
    for _ in range(3):
        scene.serve()
    assert [_received(client) for client in greedy] == [b"ok" * 5] * 10


def test_a_newcomer_takes_the_place_of_who_waits_longest(tmp_path: Path) -> None:
    """First of those that are idle, then of those that send; never of one that is being answered."""
    scene = _Scene(tmp_path, most=3)
    answered, sending, idle = scene.client(GET), scene.client(GET[:5]), scene.client()
    scene.turn()
    scene.client(GET)
    scene.turn()
    assert (_received(idle), _received(sending)) == (None, b"")
    scene.client(GET)
    scene.turn()
    assert _received(sending) is None
    late = scene.client(GET)
    scene.turn()
    assert len(scene.pool.given) == 3  # the newest waits to be accepted
    scene.serve()
    assert (_received(answered), _received(late)) == (b"ok", b"ok")
    scene.close()


def test_a_loop_that_stops_accepts_what_is_queued(scene: _Scene) -> None:
    """And nothing else: whoever connects then is refused."""
    queued = [scene.client(GET) for _ in range(5)]
    scene.loop.close_listeners()
    with pytest.raises(ConnectionRefusedError):
        scene.client(GET)
    scene.serve()
    assert [_received(client) for client in queued] == [b"ok"] * 5


def test_idle_connections_may_be_kept_for_less(scene: _Scene) -> None:
    """Those that are idle, and those that will be."""
    idle, later = scene.client(GET), scene.client(GET[:5])
    scene.serve()
    assert _received(idle) == b"ok"
    scene.loop.shorten(2.0)
    scene.turn(1)
    later.sendall(GET[5:])
    scene.serve()
    assert _received(later) == b"ok"
    scene.turn(1.1)
    assert (_received(idle), _received(later)) == (None, b"")
    scene.turn(1)
    assert _received(later) is None
    assert not scene.loop.is_busy
