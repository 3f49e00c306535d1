"""One ldap3 connection, used safely: one deadline for a whole operation, and nothing secret left on it.

ldap3's own timeouts are per `recv`, so that a server that drips bytes holds a request for as long as it
likes; its TLS checks no certificate; its defaults download the schema at every bind and follow referrals with
the user's password. What this program does with ldap3 is in this module; `envelope.py`
writes the outermost layer of a request.
"""

from __future__ import annotations

import select
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import ldap3
from ldap3.core.exceptions import LDAPException

from app.directory import envelope, faults, transport
from app.directory.deadline import Deadline
from app.directory.resolver import Resolver
from app.directory.transport import Address, BrokenTransport
from app.errors import DirectoryUnavailable
from app.protocol.secret import Secret

PPOLICY_CONTROL = "1.3.6.1.4.1.42.2.27.8.5.1"
"""Password policy for LDAP directories (draft-behera-ldap-password-policy)."""
_DOMAIN_SCOPE = ("1.2.840.113556.1.4.1339", False, None)
"""Generate no referrals ([MS-ADTS] 3.1.1.3.4.1.4)."""
_PAGED = "1.2.840.113556.1.4.319"
_SCOPES: Mapping[str, Any] = {"base": ldap3.BASE, "one": ldap3.LEVEL, "sub": ldap3.SUBTREE}
START_TLS = "1.3.6.1.4.1.1466.20037"
_AWAY = frozenset({51, 52})
"""Busy, and unavailable: an answer, but no work done (RFC 4511 appendix A.2)."""
FAIR_SECONDS = 0.25
"""With less time than that, a server is not to blame for being late."""


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


class Connection:
    """An open connection to one server. Not for two threads at once.

    Every method takes the deadline of the whole operation and raises DirectoryUnavailable where the server
    does not answer properly by then; the connection is then of no more use.

    Attributes:
        reused: Whether it was lent before.
        used: When it was used last.
        watch: Is told how each operation ended: whether the server did its part.
    """

    def __init__(self, address: Address, resolver: Resolver, deadline: Deadline) -> None:
        """Connect, and negotiate TLS where the address asks for it."""
        self.address = address
        self.reused = False
        self.used = time.monotonic()
        self.watch: Callable[[bool], object] = _nobody
        self._ldap = _unopened()
        try:
            self._socket = transport.connect(address, resolver, deadline)
        except BrokenTransport as error:
            raise DirectoryUnavailable(f"{address}: {error}") from None
        self._adopt()
        if address.start_tls:
            self._start_tls(deadline)

    def _adopt(self) -> None:
        """Give the socket to ldap3, which would resolve, connect and verify in its own way."""
        ldap = self._ldap
        ldap.socket, ldap.closed, ldap.listening = self._socket, False, True
        ldap.strategy._outstanding = {}  # noqa: SLF001 - what its `open` does besides
        ldap.send = self._send

    def _send(self, _: str, request: Any, controls: Sequence[Any] | None = None) -> int:
        """Send a request in the place of ldap3; gives its number, by which ldap3 takes the answer."""
        ldap = self._ldap
        number: int = ldap.server.next_message_id()
        ldap.strategy._outstanding[number] = {}  # noqa: SLF001 - else it takes no answer
        self._socket.sendall(envelope.message(number, request, controls))
        return number

    def _start_tls(self, deadline: Deadline) -> None:
        self._run(deadline, self._ldap.extended, request_name=START_TLS)
        try:
            self._socket.start_tls(self.address, offered=self._ldap.result["result"] == 0)
        except (BrokenTransport, DirectoryUnavailable) as error:
            self.close()
            raise DirectoryUnavailable(f"{self.address}: {error}") from None

    @property
    def tls(self) -> ssl.SSLSocket | None:
        """The socket, where it speaks TLS; for looking at, not for talking."""
        inner = self._socket.inner
        return inner if isinstance(inner, ssl.SSLSocket) else None

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
        return self._search(query, deadline)

    def search_page(self, query: Query, size: int, cookie: bytes, deadline: Deadline) -> tuple[Result, bytes]:
        """Search for one page (RFC 2696); gives the cookie of the next one, empty after the last."""
        result = self._search(
            query, deadline, paged_size=size, paged_criticality=False, paged_cookie=cookie or None
        )
        control = (self._ldap.result.get("controls") or {}).get(_PAGED)
        return result, bytes(control["value"]["cookie"] or b"") if control else b""

    def _search(self, query: Query, deadline: Deadline, **paging: Any) -> Result:
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
            **paging,
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
        """Run an operation of ldap3, and make one error of all that it raises.

        Nobody can know what a connection answers after one.
        """
        self._socket.deadline = deadline
        granted = deadline.remaining()
        try:
            operation(**arguments)
            deadline.remaining()
        except (LDAPException, OSError, DirectoryUnavailable) as error:
            broken = self._socket.broken
            if isinstance(error, DirectoryUnavailable):
                broken = faults.LATE
            detail = f"{self.address}: {broken or _plain(error)}"
            self._fail(detail, is_late=broken is faults.LATE, granted=granted)
        except Exception as error:  # noqa: BLE001 - garbage makes ldap3's decoder stumble in any way
            detail = f"{self.address}: no proper LDAP answer ({type(error).__name__})"
            self._fail(detail, is_late=False, granted=granted)
        self.used = time.monotonic()
        self.watch(self._ldap.result["result"] not in _AWAY)

    def _fail(self, detail: str, *, is_late: bool, granted: float) -> NoReturn:
        """Close the connection; a server is not to blame for a little time, nor for an old connection."""
        self.close()
        if granted >= FAIR_SECONDS if is_late else not self.reused:
            self.watch(False)  # noqa: FBT003 - the one thing that it is told
        raise DirectoryUnavailable(detail) from None

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
        self._ldap.strategy.close()
        self._socket.inner.close()


def _unopened() -> Any:
    """Make a connection of ldap3 that has no socket."""
    server = ldap3.Server(host="directory", get_info=ldap3.NONE)  # a name for its own texts, never looked up
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


def _nobody(_: bool) -> None:  # noqa: FBT001 - a callback with one argument
    """Take no note."""


def _plain(error: Exception) -> str:
    """Say what went wrong in one line; ldap3's texts hold no credentials."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:300]
