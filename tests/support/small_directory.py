"""A small LDAP server of the tests' own, which answers as GLAuth and LLDAP do where they differ from others.

Both write DNs without the escapes of RFC 4514, know neither paging nor ppolicy, and GLAuth lets nobody read
the root DSE without a bind: it answers 50 and closes the connection.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self, TypeAlias

from app.ldap.ber import tlv

SUCCESS, WRONG, FORBIDDEN = 0, 49, 50
_BIND, _BOUND, _SEARCH, _FOUND, _DONE = 0x60, 0x61, 0x63, 0x64, 0x65
_AND, _OR, _NOT, _EQUALS, _PRESENT = 0xA0, 0xA1, 0xA2, 0xA3, 0x87
SERVICE_ACCOUNT: Final = "cn=wharfinger,ou=services,dc=example,dc=com"
SERVICE_PASSWORD: Final = "wharfinger-password"

Element: TypeAlias = tuple[int, bytes]
"""The tag of an element and its contents (X.690 §8.1)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry, its DN written as the server writes it.

    Attributes:
        dn: In any spelling; it is compared as a text, without regard to case.
        attributes: The values by name.
        password: What it binds with; empty where it cannot.
    """

    dn: str
    attributes: Mapping[str, Sequence[str]]
    password: str = ""

    def matches(self, name: str, value: str | None) -> bool:
        """Whether an attribute has a value; any, where None is given."""
        found = next((each for key, each in self.attributes.items() if key.lower() == name.lower()), ())
        return bool(found) if value is None else value.lower() in (each.lower() for each in found)


@dataclass(slots=True)
class SmallDirectory:
    """Listens on loopback while its context lasts; it can be stopped and started again on its port.

    Attributes:
        entries: What is in it.
        closes_on_root: Whether an anonymous read of the root DSE is answered with 50 and the end.
        most_failures: After so many wrong passwords an address is answered 49 always; 0 is never.
        binds: How often each name was bound.
    """

    entries: Sequence[Entry]
    closes_on_root: bool = False
    most_failures: int = 0
    binds: Counter[str] = field(default_factory=Counter)
    port: int = 0
    _failures: Counter[str] = field(default_factory=Counter)
    _server: socketserver.ThreadingTCPServer | None = None
    _open: set[socket.socket] = field(default_factory=set)

    @property
    def url(self) -> str:
        """The address."""
        return f"ldap://127.0.0.1:{self.port}"

    def section(self, **changed: Any) -> dict[str, Any]:
        """Return the `directory` section of a realm, with some keys of it replaced."""
        return {
            "kind": "generic",
            "servers": [self.url],
            "service_account": {"dn": SERVICE_ACCOUNT, "password": SERVICE_PASSWORD},
            "users": {"bases": ["ou=people,dc=example,dc=com"], "id_attribute": ""},
            "groups": {"bases": ["ou=groups,dc=example,dc=com"]},
        } | changed

    def start(self) -> None:
        """Listen, on the same port as before."""
        directory = self

        class Session(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                _Session(directory, self.request, self.client_address[0]).run()

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", self.port), Session)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Close the listener and every connection."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def bind(self, name: str, password: str, address: str) -> int:
        """Return the result code of a simple bind."""
        self.binds[name] += 1
        if self.most_failures and self._failures[address] >= self.most_failures:
            return WRONG
        known = [Entry(SERVICE_ACCOUNT, {}, SERVICE_PASSWORD), *self.entries]
        right = any(
            each.dn.lower() == name.lower() and each.password and each.password == password for each in known
        )
        if not right:
            self._failures[address] += 1
        return SUCCESS if right or not name else WRONG

    def search(self, base: str, scope: int, wanted: Element) -> list[Entry]:
        """Return the entries that a search finds."""
        inside = [each for each in self.entries if _is_within(each.dn, base, scope)]
        return [each for each in inside if _matches(each, wanted)]


@dataclass(slots=True)
class _Session:
    """One connection."""

    directory: SmallDirectory
    peer: socket.socket
    address: str
    bound: str = ""

    def run(self) -> None:
        self.directory._open.add(self.peer)
        unread = b""
        try:
            while octets := self.peer.recv(65_536):
                unread += octets
                while (size := _size(unread)) and len(unread) >= size:
                    message, unread = unread[:size], unread[size:]
                    if not self._answer(message):
                        return
        except OSError:
            return
        finally:
            self.directory._open.discard(self.peer)

    def _answer(self, message: bytes) -> bool:
        ((_, contents),) = _elements(message)
        (_, number), (kind, request), *_ = _elements(contents)
        if kind == _BIND:
            _, (_, name), (_, password) = _elements(request)
            code = self.directory.bind(name.decode(), password.decode(), self.address)
            self.bound = name.decode() if code == SUCCESS else ""
            self._send(number, _BOUND, _result(code))
        elif kind == _SEARCH:
            return self._search(number, request)
        return kind == _BIND

    def _search(self, number: bytes, request: bytes) -> bool:
        (_, base), (_, scope), _, _, _, _, wanted, _ = _elements(request)
        if not base and not self.bound and self.directory.closes_on_root:
            self._send(number, _DONE, _result(FORBIDDEN))
            return False
        root = [Entry("", {"objectClass": ["top"]})]
        for each in self.directory.search(base.decode(), scope[0], wanted) if base else root:
            self._send(number, _FOUND, _written(each))
        self._send(number, _DONE, _result(SUCCESS))
        return True

    def _send(self, number: bytes, kind: int, contents: bytes) -> None:
        self.peer.sendall(tlv(0x30, tlv(0x02, number), tlv(kind, contents)))


def _size(octets: bytes) -> int:
    """Return the size of the element that begins here; 0 while that cannot be known."""
    if len(octets) < 2 or len(octets) < 2 + (octets[1] & 0x7F) * (octets[1] >> 7):
        return 0
    if octets[1] < 0x80:
        return 2 + octets[1]
    end = 2 + (octets[1] & 0x7F)
    return end + int.from_bytes(octets[2:end], "big")


def _elements(octets: bytes) -> list[Element]:
    """Return the elements that stand one after the other."""
    found = []
    while octets:
        size = _size(octets)
        start = 2 if octets[1] < 0x80 else 2 + (octets[1] & 0x7F)
        found.append((octets[0], octets[start:size]))
        octets = octets[size:]
    return found


def _result(code: int) -> bytes:
    return tlv(0x0A, bytes([code])) + tlv(0x04) + tlv(0x04)


def _written(found: Entry) -> bytes:
    attributes = (
        tlv(0x30, tlv(0x04, name.encode()), tlv(0x31, *(tlv(0x04, value.encode()) for value in values)))
        for name, values in found.attributes.items()
    )
    return tlv(0x04, found.dn.encode()) + tlv(0x30, *attributes)


def _is_within(dn: str, base: str, scope: int) -> bool:
    name, below = dn.lower(), base.lower()
    return name == below or (scope != 0 and name.endswith(f",{below}"))


def _matches(entry: Entry, wanted: Element) -> bool:
    """Whether an entry matches a filter; of comparisons it knows equality and presence."""
    kind, contents = wanted
    if kind in (_AND, _OR):
        return (all if kind == _AND else any)(_matches(entry, each) for each in _elements(contents))
    if kind == _NOT:
        return not _matches(entry, _elements(contents)[0])
    if kind == _PRESENT:
        name = contents.decode()
        return name.lower() == "objectclass" or entry.matches(name, None)
    if kind == _EQUALS:
        (_, name_octets), (_, value) = _elements(contents)
        return entry.matches(name_octets.decode(), value.decode())
    return False
