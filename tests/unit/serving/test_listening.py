"""Sockets that let nobody connect any more."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.serving.listening import refuse_new


@contextlib.contextmanager
def _listener(family: int, address: Any) -> Iterator[socket.socket]:
    with socket.socket(family) as listener:
        listener.bind(address)
        listener.listen()
        yield listener


@pytest.fixture(params=["IPv4", "IPv6", "unix"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[socket.socket]:
    """Listen on a socket of each family."""
    where: dict[str, tuple[int, Any]] = {
        "IPv4": (socket.AF_INET, ("127.0.0.1", 0)),
        "IPv6": (socket.AF_INET6, ("::1", 0)),
        "unix": (socket.AF_UNIX, str(tmp_path / "socket")),
    }
    with _listener(*where[request.param]) as listening:
        yield listening


def test_what_is_queued_is_accepted_and_nobody_queues_any_more(listener: socket.socket) -> None:
    """Who comes afterwards has no connection, and so loses no request."""
    with socket.socket(listener.family) as early, socket.socket(listener.family) as late:
        early.connect(listener.getsockname())
        refuse_new(listener)
        late.settimeout(0.2)
        with pytest.raises((TimeoutError, ConnectionRefusedError)):
            late.connect(listener.getsockname())
        early.sendall(b"asked")
        with contextlib.closing(listener.accept()[0]) as accepted:
            assert accepted.recv(10) == b"asked"
            accepted.sendall(b"answered")
            assert early.recv(10) == b"answered"
        listener.settimeout(0)
        with pytest.raises(OSError, match=r"Invalid argument|temporarily unavailable"):
            listener.accept()
