"""One connection: octets in, requests out."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import (
    InvalidHeader,
    InvalidRequestLine,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from hypothesis import given
from hypothesis import strategies as st

from app.serving.connection import Answer, ClientConnection

GET = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"POST /token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
LIMIT = 1000


class _Peer:
    """Both ends of a connection."""

    def __init__(self, **cfg: object) -> None:
        ours, self.theirs = socket.socketpair()
        config = Config()
        for name, value in cfg.items():
            config.set(name, value)
        self.connection = ClientConnection(ours, ("192.0.2.1", 4711), ("127.0.0.1", 5001), config, LIMIT)

    def close(self) -> None:
        self.connection.close()
        self.theirs.close()


@pytest.fixture
def peer() -> Iterator[_Peer]:
    """Return a connection and its other end."""
    made = _Peer()
    yield made
    made.close()


def _feed(connection: ClientConnection, octets: bytes, size: int) -> bool:
    """Feed octets in pieces; return whether the request is then ready."""
    return [connection.feed(octets[at : at + size]) for at in range(0, len(octets), size)][-1]


def _body(connection: ClientConnection) -> bytes:
    assert connection.request is not None
    assert connection.request.body is not None
    return connection.request.body.read()


@pytest.mark.parametrize(("octets", "body"), [(GET, b""), (POST, b"hello"), (CHUNKED, b"hello")])
def test_a_request_is_ready_with_its_last_octet(peer: _Peer, octets: bytes, body: bytes) -> None:
    """And not before, however it arrives."""
    assert not _feed(peer.connection, octets[:-1], 1)
    assert _feed(peer.connection, octets[-1:], 1)
    assert _body(peer.connection) == body


@given(cuts=st.lists(st.integers(1, 60), min_size=1, max_size=20))
def test_requests_behind_each_other_are_ready_one_after_the_other(cuts: list[int]) -> None:
    """Octets that arrive with one request and belong to the next are kept for it, however they are cut."""
    octets, peer = POST + CHUNKED + GET, _Peer()
    connection, found, at = peer.connection, [], 0
    for cut in cuts * len(octets):
        ready = connection.feed(octets[at : at + cut])
        at += cut
        while ready:
            found.append(_body(connection))
            connection.finish(b"", keep=True)
            assert connection.is_kept
            ready = connection.proceed()
        if at >= len(octets):
            break
    assert found == [b"hello", b"hello", b""]
    assert not connection.has_begun
    peer.close()


def test_a_body_that_nobody_read_is_no_request(peer: _Peer) -> None:
    """It is passed over before the next request begins."""
    connection = peer.connection
    assert connection.feed(POST + CHUNKED + GET)
    for _ in range(2):
        connection.finish(b"", keep=True)
        assert connection.is_kept
        assert connection.proceed()
    assert connection.request is not None
    assert connection.request.path == "/livez"


@pytest.mark.parametrize(
    "octets",
    [
        b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\nhello",
        CHUNKED.replace(b"5\r\nhello", b"7D0\r\nhello"),
        CHUNKED.replace(b"5\r\nhello", b"z\r\nhello"),
    ],
)
def test_a_request_whose_body_is_too_long_or_malformed_is_the_last(peer: _Peer, octets: bytes) -> None:
    """It is ready at once, for the application to refuse it; nobody knows where another would begin."""
    assert peer.connection.feed(octets)
    peer.connection.finish(b"", keep=True)
    assert not peer.connection.is_kept


def test_to_read_more_than_has_arrived_is_malformed(peer: _Peer) -> None:
    """Never a truncated body, and never a thread that waits for the client."""
    assert peer.connection.feed(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\nhello")
    with pytest.raises(ParseException):
        _body(peer.connection)


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        (b"GET /" + b"x" * 9000, LimitRequestLine),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 70_000, LimitRequestHeaders),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 101 + b"\r\n", LimitRequestHeaders),
        (b"no request\r\n\r\n", InvalidRequestLine),
        (b"GET / HTTP/1.1\nHost: x\n", InvalidRequestLine),
        (b"GET / HTTP/1.1\r\nHost: x\n", InvalidHeader),
    ],
)
@pytest.mark.parametrize("size", [1000, 100_000])
def test_what_is_no_request_is_refused(peer: _Peer, octets: bytes, error: type[Exception], size: int) -> None:
    """As soon as that is certain: it need not come to an end."""
    with pytest.raises(error):
        _feed(peer.connection, octets, size)


def test_a_head_that_drips_is_not_read_over_and_over(peer: _Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried where it may have ended, and whenever it has doubled."""
    tries: list[int] = []
    read = ClientConnection._read_head

    def counted(connection: ClientConnection) -> bool:
        tries.append(len(connection._octets))
        return read(connection)

    monkeypatch.setattr(ClientConnection, "_read_head", counted)
    head = b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X: %b\r\n" % (b"x" * 1000) for _ in range(60))
    assert not _feed(peer.connection, head, 1)
    assert tries == [8192, 16384, 32768]
    assert _feed(peer.connection, b"\r\n", 1)


def test_a_client_that_waits_for_it_is_asked_for_the_body(peer: _Peer) -> None:
    """Once, when its head has arrived (RFC 9110 §10.1.1); gunicorn's own 100 is passed over."""
    head, body = POST.replace(b"\r\n\r\nhello", b"\r\nExpect: 100-continue\r\n\r\n"), b"hello"
    assert not peer.connection.feed(head)
    assert peer.theirs.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert peer.connection.feed(body)
    answer = Answer()
    answer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    answer.sendall(b"HTTP/1.1 200 OK\r\n")
    answer.sendall(b"\r\n")
    assert answer.octets() == b"HTTP/1.1 200 OK\r\n\r\n"


def test_a_body_that_came_along_needs_no_asking(peer: _Peer) -> None:
    """Nor does one that is refused anyway."""
    expect = b"\r\nExpect: 100-continue\r\n\r\n"
    assert peer.connection.feed(POST.replace(b"\r\n\r\n", expect))
    peer.theirs.setblocking(False)  # noqa: FBT003 - the library's signature
    with pytest.raises(BlockingIOError):
        peer.theirs.recv(1000)


@pytest.mark.parametrize(
    "head",
    [
        b"PROXY TCP4 198.51.100.7 127.0.0.1 61234 5001\r\n",
        b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c"
        + bytes([198, 51, 100, 7, 127, 0, 0, 1])
        + b"\xef\x32\x13\x89",
    ],
)
@pytest.mark.parametrize("size", [1, 1000])
def test_the_proxy_protocol_holds_for_all_requests_of_a_connection(head: bytes, size: int) -> None:
    """Its address is that of every request, not of the first alone."""
    peer = _Peer(proxy_protocol="auto", proxy_allow_ips="*")
    connection = peer.connection
    assert _feed(connection, head + GET, size)
    connection.finish(b"", keep=True)
    assert connection.feed(GET)
    assert connection.request is not None
    proxied: Any = connection.request.proxy_protocol_info
    assert proxied["client_addr"] == "198.51.100.7"
    peer.close()


def test_an_answer_is_sent_as_the_client_takes_it(peer: _Peer) -> None:
    """What it does not take stays, and nobody waits."""
    connection = peer.connection
    connection.feed(GET)
    answer = bytes(2_000_000)
    connection.finish(answer, keep=True)
    assert not connection.send()
    received = b""
    while len(received) < len(answer):
        received += peer.theirs.recv(1_000_000)
        connection.send()
    assert connection.send()
    assert received == answer


def test_a_client_that_is_gone_is_noticed(peer: _Peer) -> None:
    """Whether it closed before it sent anything, or in the middle of a request."""
    peer.theirs.sendall(GET[:5])
    assert not peer.connection.receive()
    with pytest.raises(BlockingIOError):
        peer.connection.receive()
    peer.theirs.close()
    with pytest.raises(EOFError):
        peer.connection.receive()
