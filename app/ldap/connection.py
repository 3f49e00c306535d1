"""One connection to a server: one operation after the other, each with one deadline; no secret stays on it.

`requests.py` writes what is sent, `answers.py` reads what comes, `transport.py` has the socket.
"""

from __future__ import annotations

import select
import ssl
import time
from collections.abc import Callable, Iterator
from typing import NoReturn

from app.errors import DirectoryUnavailable, Fault
from app.ldap import answers, faults, requests, transport
from app.ldap.answers import NoProperAnswer, Result
from app.ldap.codes import NO_WORK_DONE, ResultCode
from app.ldap.deadline import Deadline
from app.ldap.requests import Query, Request
from app.ldap.resolver import Resolver
from app.ldap.transport import Address
from app.protocol.secret import Secret

_RECEIVED = 65_536
FAIR_SECONDS = 0.25
"""A server that had less time than that is not blamed for being late."""


class Connection:
    """An open connection to one server, for one thread at a time.

    Every operation takes the deadline of the whole operation, and raises DirectoryUnavailable if the server
    does not answer properly by then. The connection is closed then, and cannot be used again.

    Attributes:
        address: Of the server.
        reused: Whether a pool has lent it before.
        used: When it was used last (monotonic clock).
        watch: Called with how each operation ended: whether the server did its work.
    """

    def __init__(self, address: Address, resolver: Resolver, deadline: Deadline) -> None:
        """Connect, and negotiate TLS where the address asks for it.

        Raises:
            DirectoryUnavailable: There is no connection.
        """
        self.address = address
        self.reused = False
        self.used = time.monotonic()
        self.watch: Callable[[bool], object] = _nobody
        self._number = 0
        self._unread = bytearray()
        self._socket = transport.connect(address, resolver, deadline)
        if address.start_tls:
            self._start_tls(deadline)

    def _start_tls(self, deadline: Deadline) -> None:
        """Go on in TLS, or not at all."""
        result = self._run(requests.start_tls(), deadline)
        try:
            if result.code != ResultCode.SUCCESS:
                raise self._unavailable(faults.NO_START_TLS)
            if self._unread:  # sent in clear, it would be taken for an answer that came through TLS
                raise self._unavailable(faults.SPOKE_TOO_EARLY)
            self._socket.start_tls(self.address)
        except DirectoryUnavailable:
            self.close()
            raise

    @property
    def tls(self) -> ssl.SSLSocket | None:
        """The socket where it speaks TLS, to look at its certificate and cipher."""
        inner = self._socket.inner
        return inner if isinstance(inner, ssl.SSLSocket) else None

    def bind(self, name: str, password: Secret, deadline: Deadline) -> Result:
        """Bind with a name and a password (RFC 4513 §5.1.3), both not empty.

        Raises:
            ValueError: One of them is empty; a server takes that for an anonymous bind.
        """
        return self._run(requests.bind(name, password), deadline)

    def bind_external(self, deadline: Deadline) -> Result:
        """Bind as whomever the server knows us for from outside of LDAP: by our certificate."""
        return self._run(requests.bind_external(), deadline)

    def search(self, query: Query, deadline: Deadline, *, page: tuple[int, bytes] | None = None) -> Result:
        """Search (RFC 4511 §4.5), following no alias and no referral.

        Args:
            query: What to search for.
            deadline: Of the operation.
            page: How many entries are wanted at once, and where the page before ended (RFC 2696).
        """
        is_local = self.address.domain_scope and query.scope != "base"
        return self._run(requests.search(query, domain_scope=is_local, page=page), deadline)

    def _run(self, request: Request, deadline: Deadline) -> Result:
        """Send a request and read its answer; after any error the connection is closed."""
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
        self.watch(result.code not in NO_WORK_DONE)
        return result

    def _messages(self, most: int) -> Iterator[bytes]:
        """Yield each message when it has come whole; more than `most` octets in all are an error."""
        unread, left = self._unread, most
        while True:
            self._socket.deadline.remaining()  # many may lie here already, and reading each takes time
            size = answers.size(unread, left)
            while size is None or len(unread) < size:
                unread += self._socket.recv(_RECEIVED)
                size = answers.size(unread, left)
            left -= size
            message = bytes(unread[:size])
            del unread[:size]
            yield message

    def _fail(self, error: Exception, granted: float) -> NoReturn:
        """Close the connection, and blame the server unless it had little time or the connection was old."""
        self.close()
        fault = self._fault(error)
        if granted >= FAIR_SECONDS if fault is faults.LATE else not self.reused:
            self.watch(False)  # noqa: FBT003 - the one thing that it is told
        raise self._unavailable(fault) from None

    def _unavailable(self, fault: Fault) -> DirectoryUnavailable:
        return DirectoryUnavailable(fault, server=str(self.address))

    def _fault(self, error: Exception) -> Fault:
        match error:
            case DirectoryUnavailable():
                return faults.LATE
            case OSError():
                return self._socket.broken or faults.of_socket(error)
            case NoProperAnswer():
                return Fault(f"no proper LDAP answer ({error})", "check what answers on this port")
        return Fault(f"a bug of this program ({type(error).__name__})", "report it")

    def is_quiet(self) -> bool:
        """Whether nothing has come since the last operation: no disconnection, and no notice of one."""
        if self._unread:
            return False
        try:
            poll = select.poll()
            poll.register(self._socket.inner, select.POLLIN)
            return not poll.poll(0)
        except (OSError, ValueError):
            return False

    def close(self) -> None:
        """Close the socket without an unbind: the server may not read any more."""
        self._socket.inner.close()


def _nobody(_: bool) -> None:  # noqa: FBT001 - a callback with one argument
    """Watch a connection that belongs to nobody."""
