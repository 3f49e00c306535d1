"""A TCP proxy on loopback that misbehaves as it is told, for tests of what a network can do."""

from __future__ import annotations

import contextlib
import enum
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Final, Self

_CHUNK: Final = 65_536
_DRIP_SECONDS: Final = 0.2


class Mode(enum.Enum):
    """What becomes of the octets that come from the server."""

    PASS = "pass"
    HANG = "hang"  # nothing is ever sent on, in either direction
    DRIP = "drip"  # one octet at a time, slower than anybody waits
    RESET = "reset"  # the connection is reset when the server answers
    GARBAGE = "garbage"  # other octets are sent instead


class Proxy:
    """Stands between a client and a loopback server; the mode may change at any time.

    Attributes:
        port: Where it listens.
        mode: What it does with whatever the server sends from now on.
        accepted: How many connections came.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.mode = Mode.PASS
        self.accepted = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def go_down(self) -> None:
        """Close every connection and refuse new ones, as a server does whose process is killed."""
        self._stop()

    def come_up(self) -> None:
        """Listen again, on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # else the thread would go on to accept
        self._listener.close()
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)  # likewise
            each.close()
        self._open.clear()

    def _accept(self) -> None:
        listener = self._listener
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            self.accepted += 1
            self._open += [client, server]
            for source, sink, answers in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pump, args=(source, sink, answers), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                for piece in self._treat(data, sink) if answers else self._requests(data):
                    sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)

    def _requests(self, data: bytes) -> Iterator[bytes]:
        if self.mode is not Mode.HANG:
            yield data

    def _treat(self, data: bytes, sink: socket.socket) -> Iterator[bytes]:
        match self.mode:
            case Mode.PASS:
                yield data
            case Mode.GARBAGE:
                yield b"\x30\x05\x02\x01\x01\xff\xff" * 8
            case Mode.RESET:
                sink.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                sink.shutdown(socket.SHUT_RD)  # else the thread that reads from it would keep it open
                sink.close()
            case Mode.DRIP:
                for octet in data:
                    yield bytes([octet])
                    time.sleep(_DRIP_SECONDS)
            case Mode.HANG:
                return
