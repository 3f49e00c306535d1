"""A load balancer as small as can be: every connection goes to the next of its registries."""

from __future__ import annotations

import itertools
import socket
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Self

from tests.support.ports import free_port
from tests.support.processes import wait_until

_CHUNK: Final = 1 << 16


@dataclass(slots=True)
class Balancer:
    """Forwards connections to loopback ports, round and round.

    Attributes:
        backends: The ports that get new connections.
        port: Its own.
        under_way: How many connections each port has.
    """

    backends: list[int]
    port: int = field(default_factory=free_port)
    under_way: Counter[int] = field(default_factory=Counter)
    _turn: itertools.count[int] = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _listener: socket.socket = field(init=False)

    @property
    def host(self) -> str:
        """How clients call it."""
        return f"127.0.0.1:{self.port}"

    def take_out(self, port: int) -> None:
        """Send nothing more to a port, and wait until what is under way there has ended."""
        with self._lock:
            self.backends.remove(port)
        what = f"the connections of port {port} have ended"
        wait_until(lambda: self.under_way[port] == 0, within=timedelta(seconds=20), what=what)

    def put_in(self, port: int) -> None:
        """Send connections to a port again."""
        with self._lock:
            self.backends.append(port)

    def _take(self) -> int:
        with self._lock:
            port = self.backends[next(self._turn) % len(self.backends)]
            self.under_way[port] += 1
            return port

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        port = self._take()
        try:
            with client, socket.create_connection(("127.0.0.1", port)) as server:
                back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                back.start()
                _pump(client, server)
                back.join()
        except OSError:
            pass  # the client sees it, and tells
        finally:
            with self._lock:
                self.under_way[port] -= 1

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(_CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
