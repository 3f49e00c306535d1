"""A directory that floods: whatever is searched for, it sends entries without end."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Self

from app.ldap.ber import text, tlv

_BIND, _SEARCH = 0x60, 0x63
_BOUND: Final = tlv(0x61, tlv(0x0A, b"\0"), text(""), text(""))
_PEOPLE: Final = "ou=people,dc=example,dc=com"


def entry(name: str, values: int, value: bytes) -> bytes:
    """Write an entry of a person who has so many values of `memberOf`."""
    written = tlv(0x30, text("memberOf"), tlv(0x31, tlv(0x04, value) * values))
    uid = tlv(0x30, text("uid"), tlv(0x31, text("alice")))
    return tlv(0x64, text(name), tlv(0x30, uid, written))


ENTRIES: Final = {
    "many entries": entry(f"uid=alice,{_PEOPLE}", 1, b"cn=x"),
    "many values": entry(f"uid=alice,{_PEOPLE}", 100_000, b"cn=team,ou=groups,dc=example,dc=com"),
    "many small values": entry(f"uid=alice,{_PEOPLE}", 690_000, b"x"),
}


@dataclass(slots=True)
class Flood:
    """Listens on loopback while its context lasts.

    Attributes:
        entry: What it sends, again and again, until the other end closes.
        sent: How many octets it could send.
    """

    entry: bytes
    sent: int = 0
    _listener: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    @property
    def url(self) -> str:
        """The address."""
        return f"ldap://127.0.0.1:{self._listener.getsockname()[1]}"

    def section(self, **changed: Any) -> dict[str, Any]:
        """Return the `directory` section of a realm, with some keys of it replaced."""
        return {
            "kind": "generic",
            "servers": [self.url],
            "service_account": {"dn": "cn=wharfinger,dc=example,dc=com", "password": "x-password"},
            "users": {"bases": [_PEOPLE]},
            "groups": {"bases": ["ou=groups,dc=example,dc=com"], "strategy": "member_of"},
        } | changed

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError, ValueError):
            for number, kind in _requests(peer):
                if kind == _BIND:
                    peer.sendall(tlv(0x30, number, _BOUND))
                while kind == _SEARCH:
                    message = tlv(0x30, number, self.entry)
                    peer.sendall(message)
                    self.sent += len(message)


def _requests(peer: socket.socket) -> Iterator[tuple[bytes, int]]:
    """Yield the number of each request, as an element, and its tag; a request comes in one piece."""
    while octets := peer.recv(65_536):
        at = 2 + (octets[1] & 0x7F) * (octets[1] >> 7)
        end = at + 2 + octets[at + 1]
        yield octets[at:end], octets[end]
