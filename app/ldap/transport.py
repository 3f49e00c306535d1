"""Sockets to a server: every wait ends at the deadline, and TLS verifies what it is told to."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

from app.ldap import faults
from app.ldap.deadline import Deadline
from app.ldap.faults import Fault
from app.ldap.resolver import Resolver

_KEEPALIVE_SECONDS = 30
_TLS_RECORDS = (0x15, 0x16)
"""How an alert and a handshake begin (RFC 8446 §5.1); no LDAP message does."""


@dataclass(frozen=True, slots=True)
class Address:
    """One server: where it is and how it is talked to.

    Attributes:
        context: None for plain LDAP.
        domain_scope: Whether it is told to keep to its own domain: Active Directory refers every search from
            the root of a domain to further partitions, which hold no people and no groups.
    """

    host: str
    port: int
    ldaps: bool
    start_tls: bool
    server_name: str
    context: ssl.SSLContext | None
    domain_scope: bool = False

    def __str__(self) -> str:
        """Give its URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ldaps' if self.ldaps else 'ldap'}://{host}:{self.port}"


class BrokenTransport(Exception):  # noqa: N818 - named after the state
    """There is no connection, or no more; says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class DeadlineSocket:
    """A socket whose every wait ends at the deadline of the operation.

    Attributes:
        deadline: Of the operation that is under way.
        broken: What a socket call failed with last.
    """

    def __init__(self, inner: socket.socket, deadline: Deadline) -> None:
        self.inner = inner
        self.deadline = deadline
        self.broken: Fault | None = None
        self._has_heard = False

    def recv(self, size: int) -> bytes:
        """Receive something; a connection that is closed is an error."""
        try:
            self.inner.settimeout(self.deadline.remaining())
            data = self.inner.recv(size)
        except OSError as error:
            self._note(error)
            raise
        if not data:
            self.broken = faults.CLOSED if self._has_heard else self._silence()
            raise ConnectionError(str(self.broken))
        if not self._has_heard:
            self._look_at_first(data)
        return data

    def sendall(self, data: bytes) -> None:
        """Send."""
        try:
            self.inner.settimeout(self.deadline.remaining())
            self.inner.sendall(data)
        except OSError as error:
            self._note(error)
            raise

    def start_tls(self, address: Address, *, offered: bool, said_more: bool) -> None:
        """Go on in TLS, where the server offered it and said nothing more; never without.

        Raises:
            BrokenTransport: It did not, or does not prove who it is.
        """
        if not offered or said_more:
            raise BrokenTransport(faults.SPOKE_TOO_EARLY if offered else faults.NO_START_TLS)
        self.inner = _wrap(self.inner, address, self.deadline)

    def _note(self, error: OSError) -> None:
        is_closed = isinstance(error, ConnectionError | ssl.SSLEOFError)
        self.broken = self._silence() if is_closed and not self._has_heard else faults.of_socket(error)

    def _silence(self) -> Fault:
        is_tls = isinstance(self.inner, ssl.SSLSocket)
        return faults.CLOSED_AFTER_HANDSHAKE if is_tls else faults.SILENT_CLOSE

    def _look_at_first(self, data: bytes) -> None:
        self._has_heard = True
        if data[0] in _TLS_RECORDS and not isinstance(self.inner, ssl.SSLSocket):
            self.broken = faults.ONLY_TLS
            raise OSError(str(self.broken))


def connect(address: Address, resolver: Resolver, deadline: Deadline) -> DeadlineSocket:
    """Connect, and negotiate TLS where the address begins with it.

    Raises:
        BrokenTransport: There is no connection; nothing is left open.
        DirectoryUnavailable: There is no time left.
    """
    try:
        endpoints = resolver.resolve(address.host, address.port, deadline)
    except OSError as error:
        raise BrokenTransport(faults.of_connecting(error)) from None
    last = OSError("no address")
    for number, (family, kind, protocol, where) in enumerate(endpoints):
        try:
            plain = socket.socket(family, kind, protocol)
        except OSError as error:  # a machine without IPv6 knows IPv6 addresses nevertheless
            last = error
            continue
        try:
            plain.settimeout(deadline.remaining() / (len(endpoints) - number))  # leave time for the others
            plain.connect(where)
        except OSError as error:
            plain.close()
            last = error
        except BaseException:
            plain.close()
            raise
        else:
            _tune(plain)
            return DeadlineSocket(_wrap(plain, address, deadline) if address.ldaps else plain, deadline)
    raise BrokenTransport(faults.of_connecting(last))


def _tune(plain: socket.socket) -> None:
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_SECONDS)


def _wrap(plain: socket.socket, address: Address, deadline: Deadline) -> ssl.SSLSocket:
    """Negotiate TLS; the socket is closed where that fails."""
    if address.context is None:
        plain.close()
        raise BrokenTransport(Fault("TLS was asked for without a context", "report this"))
    try:
        plain.settimeout(deadline.remaining())
        return address.context.wrap_socket(plain, server_hostname=address.server_name)
    except OSError as error:
        plain.close()
        raise BrokenTransport(faults.of_handshake(error, address.server_name)) from None
    except BaseException:
        plain.close()
        raise
