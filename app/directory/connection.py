"""One ldap3 connection, used safely: one deadline for a whole operation, and nothing secret left on it.

ldap3's own timeouts are per `recv`, so that a server that drips bytes holds a request for as long as it
likes; its TLS checks no certificate; its defaults download the schema at every bind and follow referrals with
the user's password. Everything that this program does with ldap3 is in this module.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import ldap3
from ldap3.core.exceptions import LDAPException
from ldap3.core.tls import Tls

from app.errors import DirectoryUnavailable
from app.protocol.secret import Secret

PPOLICY_CONTROL = "1.3.6.1.4.1.42.2.27.8.5.1"
"""Password policy for LDAP directories (draft-behera-ldap-password-policy)."""
_DOMAIN_SCOPE = ("1.2.840.113556.1.4.1339", False, None)
"""Generate no referrals ([MS-ADTS] 3.1.1.3.4.1.4)."""
_SCOPES: Mapping[str, Any] = {"base": ldap3.BASE, "one": ldap3.LEVEL, "sub": ldap3.SUBTREE}
_KEEPALIVE_SECONDS = 30


class Deadline:
    """A moment by which an operation must have ended."""

    def __init__(self, allowed: timedelta) -> None:
        self._end = time.monotonic() + allowed.total_seconds()

    def remaining(self) -> float:
        """Give the seconds that are left.

        Raises:
            DirectoryUnavailable: None are.
        """
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise DirectoryUnavailable("the directory did not answer in time")
        return seconds

    def within(self, allowed: timedelta) -> Deadline:
        """Give a deadline for a part: after `allowed`, but not after this one."""
        part = Deadline(allowed)
        part._end = min(part._end, self._end)
        return part


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
        return f"{'ldaps' if self.ldaps else 'ldap'}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Query:
    """One search.

    Attributes:
        scope: base, one or sub.
        filter: Escaped already.
        size_limit: The most entries to send; 0 leaves it to the server.
    """

    base: str
    scope: str
    filter: str
    attributes: tuple[str, ...]
    size_limit: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as the server returned it: the DN in the server's spelling, the values as octets."""

    dn: str
    attributes: Mapping[str, Sequence[bytes]]

    def texts(self, attribute: str) -> tuple[str, ...]:
        """Give the values of an attribute; octets that are no UTF-8 are left out."""
        values = []
        for value in self.attributes.get(attribute.lower(), ()):
            try:
                values.append(value.decode())
            except UnicodeDecodeError:
                continue
        return tuple(values)


@dataclass(frozen=True, slots=True)
class Result:
    """How an operation ended (RFC 4511 §4.1.9).

    Attributes:
        code: The result code.
        message: The server's diagnostic message, for logs.
        ppolicy: The value of the password-policy response control; None where there is none.
        entries: What a search found.
        referrals: How many search references came instead of entries.
    """

    code: int
    message: str
    ppolicy: bytes | None = None
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    referrals: int = 0


class _VerifyingTls(Tls):
    """ldap3's TLS with one prebuilt context that really verifies, SNI included."""

    def __init__(self, address: Address) -> None:
        super().__init__()
        self._address = address

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: FBT001, FBT002 - ldap3's
        if self._address.context is None:
            raise ssl.SSLError("TLS was asked for without a context")
        plain = connection.socket
        under = plain.inner if isinstance(plain, _DeadlineSocket) else plain
        name = self._address.server_name
        wrapped = self._address.context.wrap_socket(
            under, server_hostname=name, do_handshake_on_connect=do_handshake
        )
        connection.socket = plain.over(wrapped) if isinstance(plain, _DeadlineSocket) else wrapped


class _DeadlineSocket:
    """A socket whose every wait ends at the deadline of the operation."""

    def __init__(self, inner: socket.socket, deadline: Deadline) -> None:
        self.inner = inner
        self.deadline = deadline

    def over(self, inner: socket.socket) -> _DeadlineSocket:
        return _DeadlineSocket(inner, self.deadline)

    def recv(self, size: int) -> bytes:
        self.inner.settimeout(self.deadline.remaining())
        return self.inner.recv(size)

    def sendall(self, data: bytes) -> None:
        self.inner.settimeout(self.deadline.remaining())
        self.inner.sendall(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Connection:
    """An open connection to one server. Not for two threads at once.

    Every method takes the deadline of the whole operation and raises DirectoryUnavailable where the server
    does not answer properly by then; the connection is then of no more use.
    """

    def __init__(self, address: Address, deadline: Deadline) -> None:
        """Connect, and negotiate TLS where the address asks for it."""
        self.address = address
        self.reused = False
        self.used = time.monotonic()
        self._ldap = self._prepare(deadline)
        with self._closed_on_failure():
            self._ldap.open(read_server_info=False)
            self._socket = _DeadlineSocket(self._ldap.socket, deadline)
            self._ldap.socket = self._socket
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_SECONDS)
            if address.start_tls:
                if not self._ldap.start_tls(read_server_info=False):
                    raise ssl.SSLError("the server does not start TLS")
                self._socket = self._ldap.socket

    def _prepare(self, deadline: Deadline) -> Any:
        address = self.address
        server = ldap3.Server(
            host=f"[{address.host}]" if ":" in address.host else address.host,
            port=address.port,
            use_ssl=address.ldaps,
            tls=_VerifyingTls(address),
            get_info=ldap3.NONE,
            connect_timeout=deadline.remaining(),
        )
        return ldap3.Connection(
            server=server,
            client_strategy=ldap3.SYNC,
            authentication=ldap3.ANONYMOUS,
            auto_bind=ldap3.AUTO_BIND_NONE,
            auto_escape=False,
            auto_referrals=False,
            auto_range=False,
            check_names=False,
            raise_exceptions=False,
            return_empty_attributes=False,
        )

    def bind(self, dn: str, password: Secret, deadline: Deadline) -> Result:
        """Bind with a name and a password (RFC 4513 §5.1.3), both not empty.

        Raises:
            ValueError: One of them is: the server would take it for an anonymous bind.
        """
        if not dn or password.is_blank():
            raise ValueError("a bind needs a name and a password")
        ldap = self._ldap
        ldap.authentication, ldap.user, ldap.password = ldap3.SIMPLE, dn, password.octets()
        try:
            self._run(deadline, ldap.bind, read_server_info=False, controls=[(PPOLICY_CONTROL, False, None)])
            control = (ldap.result.get("controls") or {}).get(PPOLICY_CONTROL)
            return Result(ldap.result["result"], ldap.result["message"] or "", control and control["value"])
        finally:
            ldap.password = ldap.request = None

    def search(self, query: Query, deadline: Deadline) -> Result:
        """Search (RFC 4511 §4.5); follows no alias and no referral."""
        ldap = self._ldap
        local = self.address.domain_scope and query.scope != "base"
        self._run(
            deadline,
            ldap.search,
            controls=[_DOMAIN_SCOPE] if local else None,
            search_base=query.base,
            search_filter=query.filter,
            search_scope=_SCOPES[query.scope],
            dereference_aliases=ldap3.DEREF_NEVER,
            attributes=list(query.attributes),
            size_limit=query.size_limit,
        )
        found = [item for item in ldap.response or () if item["type"] == "searchResEntry"]
        entries = tuple(
            Entry(item["dn"], {name.lower(): values for name, values in item["raw_attributes"].items()})
            for item in found
        )
        referrals = len(ldap.response or ()) - len(found)
        ldap.response = ldap.request = None
        return Result(ldap.result["result"], ldap.result["message"] or "", None, entries, referrals)

    def _run(self, deadline: Deadline, operation: Any, **arguments: Any) -> None:
        self._socket.deadline = deadline
        with self._closed_on_failure():
            operation(**arguments)
            deadline.remaining()
        self.used = time.monotonic()

    @contextlib.contextmanager
    def _closed_on_failure(self) -> Iterator[None]:
        """Make one error of all that ldap3 raises; nobody can know what a connection answers after one."""
        try:
            yield
        except (LDAPException, OSError, DirectoryUnavailable) as error:
            self.close()
            raise DirectoryUnavailable(f"{self.address}: {_plain(error)}") from None
        except Exception as error:  # noqa: BLE001 - garbage makes ldap3's decoder stumble in any way
            self.close()
            raise DirectoryUnavailable(
                f"{self.address}: no proper LDAP answer ({type(error).__name__})"
            ) from None

    def is_quiet(self) -> bool:
        """Tell whether nothing has come since the last operation: no disconnection, no notice of one."""
        try:
            poll = select.poll()
            poll.register(self._socket.inner, select.POLLIN)
            return not poll.poll(0)
        except (OSError, ValueError):
            return False

    def close(self) -> None:
        """Close the socket, without a word to the server."""
        inner = self._ldap.socket
        self._ldap.strategy.close()
        if inner is not None:
            inner.close()


def _plain(error: Exception) -> str:
    """Say what went wrong in one line; ldap3's texts hold no credentials."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:300]
