"""One connection to a server: one deadline for a whole operation, and nothing secret left on it.

`requests.py` writes what is sent, `answers.py` reads what comes, `transport.py` has the socket.
"""

from __future__ import annotations

import select
import ssl
import time
from collections.abc import Callable, Iterator
from typing import NoReturn

from app.errors import DirectoryUnavailable
from app.ldap import answers, faults, requests, transport
from app.ldap.answers import NoProperAnswer, Result
from app.ldap.deadline import Deadline
from app.ldap.faults import Fault
from app.ldap.requests import Query, Request
from app.ldap.resolver import Resolver
from app.ldap.transport import Address, BrokenTransport
from app.protocol.secret import Secret

_AWAY = frozenset({51, 52})
"""Busy, and unavailable: an answer, but no work done (RFC 4511 appendix A.2)."""
_RECEIVED = 65_536
FAIR_SECONDS = 0.25
"""With less time than that, a server is not to blame for being late."""


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
        self._number = 0
        self._unread = bytearray()
        try:
            self._socket = transport.connect(address, resolver, deadline)
        except BrokenTransport as error:
            raise DirectoryUnavailable(f"{address}: {error}") from None
        if address.start_tls:
            self._start_tls(deadline)

    def _start_tls(self, deadline: Deadline) -> None:
        result = self._run(requests.start_tls(), deadline)
        try:
            # what has come in clear would be taken for an answer that came through TLS
            self._socket.start_tls(self.address, offered=result.code == 0, said_more=bool(self._unread))
        except (BrokenTransport, DirectoryUnavailable) as error:
            self.close()
            raise DirectoryUnavailable(f"{self.address}: {error}") from None

    @property
    def tls(self) -> ssl.SSLSocket | None:
        """The socket, where it speaks TLS; for looking at, not for talking."""
        inner = self._socket.inner
        return inner if isinstance(inner, ssl.SSLSocket) else None

    def bind(self, name: str, password: Secret, deadline: Deadline) -> Result:
        """Bind with a name and a password (RFC 4513 §5.1.3), both not empty.

        Raises:
            ValueError: One of them is: the server would take it for an anonymous bind.
        """
        return self._run(requests.bind(name, password), deadline)

    def search(self, query: Query, deadline: Deadline, *, page: tuple[int, bytes] | None = None) -> Result:
        """Search (RFC 4511 §4.5); follows no alias and no referral.

        Args:
            query: What to search for.
            deadline: Of the operation.
            page: How many entries are wanted at once, and where the page before ended (RFC 2696).
        """
        is_local = self.address.domain_scope and query.scope != "base"
        return self._run(requests.search(query, domain_scope=is_local, page=page), deadline)

    def _run(self, request: Request, deadline: Deadline) -> Result:
        """Send a request and read what answers it; nobody can know what comes after an error."""
        self._socket.deadline = deadline
        granted = deadline.remaining()
        self._number += 1
        try:
            self._socket.sendall(request.message(self._number))
            result = answers.result(self._messages(request.most), request, self._number)
            deadline.remaining()
        except Exception as error:  # noqa: BLE001 - a password may have been sent, and stand in its text
            self._fail(error, granted)
        self.used = time.monotonic()
        self.watch(result.code not in _AWAY)
        return result

    def _messages(self, most: int) -> Iterator[bytes]:
        """Give the messages that come, each when it is whole and of so many octets at the most."""
        unread = self._unread
        while True:
            self._socket.deadline.remaining()  # many may lie here already, and each takes its time to read
            size = answers.size(unread, most)
            while size is None or len(unread) < size:
                unread += self._socket.recv(_RECEIVED)
                size = answers.size(unread, most)
            message = bytes(unread[:size])
            del unread[:size]
            yield message

    def _fail(self, error: Exception, granted: float) -> NoReturn:
        """Close the connection; a server is not to blame for a little time, nor for an old connection."""
        self.close()
        fault = self._fault(error)
        if granted >= FAIR_SECONDS if fault is faults.LATE else not self.reused:
            self.watch(False)  # noqa: FBT003 - the one thing that it is told
        raise DirectoryUnavailable(f"{self.address}: {fault}") from None

    def _fault(self, error: Exception) -> Fault:
        match error:
            case DirectoryUnavailable():
                return faults.LATE
            case OSError():
                return self._socket.broken or faults.of_socket(error)
            case NoProperAnswer():
                return Fault(f"no proper LDAP answer ({error})", "see what it is that answers there")
        return Fault(f"a fault of this program ({type(error).__name__})", "report it")

    def is_quiet(self) -> bool:
        """Tell whether nothing has come since the last operation: no disconnection, no notice of one."""
        if self._unread:
            return False
        try:
            poll = select.poll()
            poll.register(self._socket.inner, select.POLLIN)
            return not poll.poll(0)
        except (OSError, ValueError):
            return False

    def close(self) -> None:
        """Close the socket, without a word to the server."""
        self._socket.inner.close()


def _nobody(_: bool) -> None:  # noqa: FBT001 - a callback with one argument
    """Take no note."""
