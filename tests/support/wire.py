"""A server that answers the first LDAP message as it is told, whatever was asked (RFC 4511 §5.1)."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self

_CHUNK = 65_536
_EXTENDED_RESPONSE, _BIND_RESPONSE = 0x78, 0x61


class Answering:
    """Listens on loopback; hears everything, answers once for each connection.

    Attributes:
        port: Where it listens.
        heard: All that came.
    """

    def __init__(self, code: int, *, bound: bool = False) -> None:
        """Listen.

        Args:
            code: The result code of the extended response that is the answer.
            bound: Send the answer to a bind that was not asked for yet in the same packet.
        """
        self._code, self._bound = code, bound
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.heard = b""

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # else the thread would go on to accept
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                client.settimeout(2)
                asked = client.recv(_CHUNK)
                self.heard += asked
                number = int.from_bytes(asked[4 : 4 + asked[3]])  # SEQUENCE, its length, INTEGER, its length
                answer = _message(number, _EXTENDED_RESPONSE, self._code)
                client.sendall(answer + (_message(number + 1, _BIND_RESPONSE, 0) if self._bound else b""))
                while data := client.recv(_CHUNK):
                    self.heard += data


def _message(message_id: int, tag: int, code: int) -> bytes:
    result = bytes([0x0A, 1, code, 0x04, 0, 0x04, 0])
    number = message_id.to_bytes(4)
    content = bytes([0x02, len(number)]) + number + bytes([tag, len(result)]) + result
    return bytes([0x30, len(content)]) + content
