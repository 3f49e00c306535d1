"""A tap on a loopback server: it hands every octet on as it comes and keeps a copy of both directions."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

_CHUNK: Final = 65_536


@dataclass(frozen=True, slots=True)
class Conversation:
    """What went over one connection so far."""

    asked: bytearray = field(default_factory=bytearray)
    answered: bytearray = field(default_factory=bytearray)


class Tap:
    """Stands between clients and a loopback server.

    Attributes:
        port: Where it listens.
        conversations: One for each connection, in the order in which they came.
    """

    def __init__(self, target: Callable[[], int], tls: ssl.SSLContext | None = None) -> None:
        """Listen.

        Args:
            target: The server's port, asked for each connection.
            tls: Ends TLS here, so that the copy is in clear; the server is spoken to without.
        """
        self._target, self._tls = target, tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._open: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.conversations: list[Conversation] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # else the thread would go on to accept
        self._listener.close()
        for each in self._open:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        self._open.append(client)
        try:
            if self._tls is not None:
                client = self._tls.wrap_socket(client, server_side=True)
                self._open.append(client)
            server = socket.create_connection(("127.0.0.1", self._target()))
        except OSError:
            client.close()
            return
        self._open.append(server)
        kept = Conversation()
        self.conversations.append(kept)
        threading.Thread(target=_pump, args=(server, client, kept.answered), daemon=True).start()
        _pump(client, server, kept.asked)


def _pump(source: socket.socket, sink: socket.socket, copy: bytearray) -> None:
    with contextlib.suppress(OSError, ValueError):
        while data := source.recv(_CHUNK):
            copy += data
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
