"""The socket to a server: every wait ends at the deadline of the operation, and TLS verifies the server."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from urllib.parse import quote

from app.errors import DirectoryUnavailable, Fault
from app.ldap import faults
from app.ldap.deadline import Deadline
from app.ldap.resolver import Endpoint, Resolver

_KEEPALIVE_SECONDS = 30
_TLS_RECORDS = (0x15, 0x16)
"""The first octet of an alert and of a handshake (RFC 8446 §5.1); no LDAP message begins with one of them."""


@dataclass(frozen=True, slots=True)
class Address:
    """One server: where it is, and how we talk to it.

    Attributes:
        ldaps: Whether TLS begins with the connection.
        start_tls: Whether TLS begins with an operation of its own.
        server_name: The name that its certificate must have.
        context: None where no server of the directory uses TLS.
        socket: The path of its Unix socket; empty where it is reached over the network.
        domain_scope: Whether searches ask for no referrals: Active Directory refers every search from the
            root of a domain to further partitions, which hold no people and no groups.
    """

    host: str
    port: int
    ldaps: bool
    start_tls: bool
    server_name: str
    context: ssl.SSLContext | None
    socket: str = ""
    domain_scope: bool = False

    @property
    def is_in_clear(self) -> bool:
        """Whether passwords go over a network unencrypted."""
        return not (self.ldaps or self.start_tls or self.socket)

    def __str__(self) -> str:
        """Return its URL."""
        if self.socket:
            return f"ldapi://{quote(self.socket, safe='')}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ldaps' if self.ldaps else 'ldap'}://{host}:{self.port}"


class DeadlineSocket:
    """A socket whose every wait ends at the deadline of the operation.

    Attributes:
        deadline: Of the operation that is under way.
        broken: Why the last call of the socket failed; None while none has.
    """

    def __init__(self, inner: socket.socket, deadline: Deadline) -> None:
        self.inner = inner
        self.deadline = deadline
        self.broken: Fault | None = None
        self._has_received = False

    def recv(self, size: int) -> bytes:
        """Receive up to `size` octets; that the server closed the connection is an error."""
        try:
            self.inner.settimeout(self.deadline.remaining())
            data = self.inner.recv(size)
        except OSError as error:
            self._note(error)
            raise
        if not data:
            self.broken = faults.CLOSED if self._has_received else self._closed_at_once()
            raise ConnectionError(str(self.broken))
        if not self._has_received:
            self._check_first(data)
        return data

    def sendall(self, data: bytes) -> None:
        """Send all octets."""
        try:
            self.inner.settimeout(self.deadline.remaining())
            self.inner.sendall(data)
        except OSError as error:
            self._note(error)
            raise

    def start_tls(self, address: Address) -> None:
        """Go on in TLS.

        Raises:
            DirectoryUnavailable: The handshake fails, or the server does not prove who it is.
        """
        self.inner = _wrap(self.inner, address, self.deadline)

    def _note(self, error: OSError) -> None:
        is_closed = isinstance(error, ConnectionError | ssl.SSLEOFError)
        is_first = is_closed and not self._has_received
        self.broken = self._closed_at_once() if is_first else faults.of_socket(error)

    def _closed_at_once(self) -> Fault:
        is_tls = isinstance(self.inner, ssl.SSLSocket)
        return faults.CLOSED_AFTER_HANDSHAKE if is_tls else faults.SILENT_CLOSE

    def _check_first(self, data: bytes) -> None:
        self._has_received = True
        if data[0] in _TLS_RECORDS and not isinstance(self.inner, ssl.SSLSocket):
            self.broken = faults.ONLY_TLS
            raise OSError(str(self.broken))


def endpoints_of(address: Address, resolver: Resolver, deadline: Deadline) -> tuple[Endpoint, ...]:
    """Return what to connect to, the preferred endpoint first.

    Raises:
        OSError: The host's name cannot be resolved, or not in time.
        DirectoryUnavailable: There is no time left.
    """
    if address.socket:
        return ((socket.AF_UNIX, socket.SOCK_STREAM, 0, address.socket),)
    return resolver.resolve(address.host, address.port, deadline)


def connect(address: Address, resolver: Resolver, deadline: Deadline) -> DeadlineSocket:
    """Connect, and negotiate TLS where the address is one of ldaps.

    Raises:
        DirectoryUnavailable: There is no connection, or no time left; no socket is left open.
    """
    try:
        endpoints = endpoints_of(address, resolver, deadline)
    except OSError as error:
        raise _unavailable(address, faults.of_connecting(error)) from None
    last = OSError("no address")
    for number, (family, kind, protocol, where) in enumerate(endpoints):
        try:
            plain = socket.socket(family, kind, protocol)
        except OSError as error:  # a machine without IPv6 can still look up IPv6 addresses
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
    raise _unavailable(address, faults.of_connecting(last))


def _unavailable(address: Address, fault: Fault) -> DirectoryUnavailable:
    return DirectoryUnavailable(fault, server=str(address))


def _tune(plain: socket.socket) -> None:
    if plain.family == socket.AF_UNIX:
        return
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_SECONDS)


def _wrap(plain: socket.socket, address: Address, deadline: Deadline) -> ssl.SSLSocket:
    """Negotiate TLS; the socket is closed if that fails."""
    if address.context is None:
        plain.close()
        raise _unavailable(address, Fault("TLS was asked for without a context", "report this"))
    try:
        plain.settimeout(deadline.remaining())
        return address.context.wrap_socket(plain, server_hostname=address.server_name)
    except OSError as error:
        plain.close()
        raise _unavailable(address, faults.of_handshake(error, address.server_name)) from None
    except BaseException:
        plain.close()
        raise
