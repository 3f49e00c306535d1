"""A connection to a server that says what no server should."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from app.errors import DirectoryUnavailable
from app.ldap import ber
from app.ldap.ber import text, tlv
from app.ldap.connection import Connection
from app.ldap.deadline import Deadline
from app.ldap.requests import Query
from app.ldap.resolver import Resolver
from app.ldap.transport import Address
from app.protocol.secret import Secret

QUERY = Query("", "base", "(objectClass=*)", ("1.1",))
PATIENCE = timedelta(seconds=2)


def _ended(tag: int, number: int = 1, code: int = 0, said: str = "") -> bytes:
    result = tlv(tag, tlv(ber.ENUMERATED, bytes([code])), text(""), text(said))
    return tlv(ber.SEQUENCE, ber.integer(number), result)


DONE, BOUND, EXTENDED = 0x65, 0x61, 0x78
ENTRY = tlv(ber.SEQUENCE, ber.integer(1), tlv(0x64, text("uid=x"), tlv(ber.SEQUENCE)))


@contextmanager
def _server(answers: Sequence[Sequence[bytes]]) -> Iterator[Address]:
    """Run a server for one connection: to each request it sends its pieces, then it closes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            there, _ = listener.accept()
            with there:
                there.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for pieces in answers:
                    there.recv(65_536)
                    for piece in pieces:
                        there.sendall(piece)

        thread = threading.Thread(target=serve)
        thread.start()
        port = listener.getsockname()[1]
        yield Address("127.0.0.1", port, ldaps=False, start_tls=False, server_name="localhost", context=None)
        thread.join()


@contextmanager
def _connected(*answers: Sequence[bytes]) -> Iterator[Connection]:
    with _server(answers) as address, closing(Connection(address, Resolver(), Deadline(PATIENCE))) as made:
        yield made


def _search(connection: Connection) -> int:
    return len(connection.search(QUERY, Deadline(PATIENCE)).entries)


def test_messages_may_come_in_any_pieces() -> None:
    """Several at once, and one octet after the other."""
    whole = ENTRY * 3 + _ended(DONE)
    with _connected([whole], [bytes([octet]) for octet in _ended(DONE, 2)]) as connection:
        assert (_search(connection), _search(connection)) == (3, 0)


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        (b"", "closed the connection"),
        (ENTRY, "closed the connection"),
        (_ended(DONE)[:-3], "closed the connection"),
        (_ended(EXTENDED, 0, 52, "shutting\ndown"), "it ends the session: shutting down"),
        (_ended(DONE, 2), "an answer to something else"),
        (_ended(BOUND), "an answer to something else"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "no LDAP message"),
        (b"\x30\x84\x7f\xff\xff\xff", "it is longer than any that is read"),
    ],
)
def test_what_is_no_answer_is_an_error_that_says_what_it_is(said: bytes, detail: str) -> None:
    """Never an empty result: somebody without groups would escape every rule that denies by group."""
    with _connected([said]) as connection, pytest.raises(DirectoryUnavailable) as caught:
        _search(connection)
    assert detail in caught.value.detail


def test_a_connection_on_which_more_has_come_is_not_quiet() -> None:
    """It would be taken for the answer to the next request: that of another person's bind, say."""
    with _connected([_ended(BOUND, 1, 49) + _ended(BOUND, 2)], []) as connection:
        assert connection.bind("uid=alice", Secret("alice-password"), Deadline(PATIENCE)).code == 49
        assert not connection.is_quiet()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (_ended(EXTENDED, 1, 52), "does not start TLS"),
        (_ended(EXTENDED) + _ended(BOUND, 2), "sends more in clear before TLS begins"),
    ],
)
def test_starttls_is_refused_or_clean(answer: bytes, says: str) -> None:
    """What somebody in between adds in clear is never taken for an answer that came through TLS."""
    with _server([[answer]]) as plain:
        address = replace(plain, start_tls=True, context=ssl.create_default_context())
        with pytest.raises(DirectoryUnavailable, match=says):
            Connection(address, Resolver(), Deadline(PATIENCE))
