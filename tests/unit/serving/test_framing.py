"""Whether the body of a request has arrived."""

from __future__ import annotations

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.http.message import Request
from hypothesis import given
from hypothesis import strategies as st

from app.serving.connection import Received
from app.serving.framing import ChunkedFraming, LengthFraming

LIMIT = 1000
HEAD = b"POST /token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
CFG = Config()


def _fed(framing: ChunkedFraming | LengthFraming, octets: bytes, size: int = 10_000) -> tuple[bool, bool]:
    """Feed octets in pieces; return whether they are the whole body, and whether no more is waited for."""
    for start in range(0, len(octets), size):
        framing.feed(octets[start : start + size])
    return framing.is_whole, framing.is_enough


@pytest.mark.parametrize(
    ("length", "arrived", "whole", "enough"),
    [
        (0, 0, True, True),
        (5, 4, False, False),
        (5, 5, True, True),
        (5, 9, True, True),
        (1001, 0, False, True),
    ],
)
def test_a_body_with_a_length_is_counted(length: int, arrived: int, whole: bool, enough: bool) -> None:
    """Of one that is too long nothing is waited for."""
    assert _fed(LengthFraming(length, LIMIT), b"x" * arrived, 3) == (whole, enough)


@pytest.mark.parametrize(
    "body",
    [
        b"0\r\n\r\n",
        b"5\r\nhello\r\n0\r\n\r\n",
        b"5;name=value\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
        b"00a\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n",
    ],
)
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_chunked_body_ends_where_it_ends(body: bytes, size: int) -> None:
    """However it is cut into pieces: never before its last octet, whatever follows."""
    assert _fed(ChunkedFraming(LIMIT), body, size) == (True, True)
    assert _fed(ChunkedFraming(LIMIT), body[:-1], size) == (False, False)
    assert _fed(ChunkedFraming(LIMIT), body + b"GET / HTTP/1.1\r\n", size) == (True, True)


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\n",
        b"-1\r\n",
        b"\r\n",
        b"5\r\nhello!\r\n",
        b"5\r\nhello\n",
        b"5 \r\n",
        b"5;\0=x\r\n",
        b"5;=x\r\n",
        b"5\nhello",
        b"5" * 9000,
        b"1;" + b"x" * 9000,
        b"0\r\n" + b"a: b\r\n" * 9000,
        b"1;xxxx\r\na\r\n" * 9000,
    ],
)
def test_of_a_malformed_body_nothing_is_waited_for(body: bytes) -> None:
    """It is refused by whoever reads it; nor does it make the process keep lines without end."""
    assert _fed(ChunkedFraming(LIMIT), body) == (False, True)


def test_of_a_chunked_body_that_is_too_long_nothing_is_waited_for() -> None:
    """It is, from the announcement of the chunk on."""
    assert _fed(ChunkedFraming(LIMIT), b"3E8\r\n") == (False, False)
    assert _fed(ChunkedFraming(LIMIT), b"3E8\r\n" + b"x" * 1000 + b"\r\n1\r\n") == (False, True)
    assert _fed(ChunkedFraming(LIMIT), b"ffffffffffffffff\r\n") == (False, True)


def test_a_body_in_chunks_of_one_octet_is_taken() -> None:
    """As containers/image might send it: its overhead is five times its length."""
    assert _fed(ChunkedFraming(LIMIT), b"1\r\na\r\n" * LIMIT + b"0\r\n\r\n") == (True, True)


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=8),
    cuts=st.lists(st.integers(1, 30), min_size=1, max_size=30),
    noise=st.sampled_from([b"", b"x", b"\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"]),
)
def test_what_is_whole_is_whole_to_gunicorn(chunks: list[bytes], cuts: list[int], noise: bytes) -> None:
    """Its parser, which alone decides where a request ends, never wants more than has arrived."""
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n" + noise
    framing, arrived = ChunkedFraming(LIMIT), 0
    for cut in cuts * len(body):
        framing.feed(body[arrived : arrived + cut])
        arrived += cut
        if framing.is_enough:
            break
    request = Request(CFG, Received(HEAD + body[:arrived]), ("192.0.2.1", 1))
    assert request.body is not None
    assert request.body.read() == b"".join(chunks)


@given(body=st.lists(st.sampled_from([b"0", b"1", b"5", b"\r\n", b"\n", b"x", b";", b"a"]), max_size=20))
def test_gunicorn_waits_for_nothing_that_is_not_waited_for_here(body: list[bytes]) -> None:
    """What it would want more of is either waited for, or refused as malformed."""
    octets = b"".join(body)
    framing = ChunkedFraming(LIMIT)
    framing.feed(octets)
    try:
        request = Request(CFG, Received(HEAD + octets), ("192.0.2.1", 1))
        assert request.body is not None
        request.body.read()
    except ParseException:
        assert not framing.is_whole
