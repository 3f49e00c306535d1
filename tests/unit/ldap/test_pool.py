"""What a pool keeps."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.ldap.connection import Connection
from app.ldap.deadline import Deadline
from app.ldap.pool import Pool
from app.ldap.resolver import Resolver
from app.ldap.settings import PoolSettings
from app.ldap.transport import Address


@pytest.fixture
def address() -> Iterator[Address]:
    """Return the address of something that listens and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        yield Address("127.0.0.1", port, ldaps=False, start_tls=False, server_name="", context=None)


def test_it_keeps_no_more_than_it_lends(address: Address) -> None:
    """Whoever takes a fresh one each time, as a search in pages does, piles up no connections."""
    opened: list[Connection] = []

    def connect(deadline: Deadline) -> Connection:
        opened.append(Connection(address, Resolver(), deadline))
        return opened[-1]

    pool = Pool(connect, lambda _: False, 2, PoolSettings())
    with contextlib.closing(pool):
        for _ in range(6):
            with pool.lend(Deadline(timedelta(seconds=5)), fresh=True):
                pass
        assert [each._socket.inner.fileno() >= 0 for each in opened] == [False] * 4 + [True] * 2
        with pool.lend(Deadline(timedelta(seconds=5))) as connection:
            assert connection is opened[-1]
    assert all(each._socket.inner.fileno() < 0 for each in opened)
