"""The loop of a process: which connection may wait for what, and for how long.

    accepted → IDLE → RECEIVING → answered in a thread → SENDING → IDLE, or CLOSING → closed
                         TURN ──────────┘                   └────→ TURN, where the next request is there

A connection that is being answered is in none of these waits. Every other one is in exactly one of them, with
its deadline. The waits of one kind are equally long, so that the oldest is the next to end.
"""

from __future__ import annotations

import contextlib
import enum
import errno
import logging
import selectors
import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, Protocol

from gunicorn.http.errors import ParseException

from app.serving import listening
from app.serving.connection import ClientConnection

_log = logging.getLogger("wharfinger.web")
_MOST_PASSED_OVER = 256 * 1024


class Wait(enum.Enum):
    """What a connection waits for."""

    IDLE = enum.auto()
    RECEIVING = enum.auto()
    TURN = enum.auto()
    SENDING = enum.auto()
    CLOSING = enum.auto()


_EVICTED = (Wait.IDLE, Wait.CLOSING, Wait.TURN, Wait.RECEIVING, Wait.SENDING)
"""What is closed first where there are too many connections."""


class RequestTimeoutError(ParseException):
    """A request did not arrive in time."""


class Calls(Protocol):
    """Calls that other threads want made by the loop."""

    def fileno(self) -> int:
        """Return the descriptor that is readable while there are some."""

    def run_callbacks(self, fileobj: object) -> None:
        """Make them."""

    def defer(self, callback: Callable[..., object], *args: object) -> None:
        """Add one; for any thread."""


class Site(Protocol):
    """What the loop serves connections for."""

    def connect(self, sock: socket.socket, client: Any, listener: socket.socket) -> ClientConnection:
        """Make a connection of a socket that was accepted."""

    def answer(self, connection: ClientConnection) -> None:
        """Answer the request of a connection, in a thread of the pool."""

    def refuse(self, error: ParseException, connection: ClientConnection) -> bytes:
        """Return the answer to what is no request, or did not arrive in time."""


class Loop:
    """Waits for all connections of a process."""

    def __init__(
        self,
        site: Site,
        *,
        listeners: Sequence[socket.socket],
        pool: Executor,
        calls: Calls,
        seconds: Mapping[Wait, float],
        most: int,
        clock: Callable[[], float],
    ) -> None:
        """Begin to listen.

        Args:
            site: Answers the requests.
            listeners: Where to accept connections.
            pool: The threads that answer.
            calls: How they come back to the loop.
            seconds: How long a connection may wait for each.
            most: The number of connections; beyond, those are closed that wait for their client.
            clock: Returns seconds, monotonic.
        """
        self._site, self._pool, self._calls, self._clock = site, pool, calls, clock
        self._seconds, self._most = dict(seconds), most
        self._listeners = list(listeners)
        self._open: set[ClientConnection] = set()
        self._waiting: dict[Wait, dict[ClientConnection, float]] = {wait: {} for wait in Wait}
        self._passed_over: dict[ClientConnection, int] = {}
        self._has_turn: ClientConnection | None = None
        self._poller = selectors.DefaultSelector()
        self._poller.register(calls.fileno(), selectors.EVENT_READ, calls.run_callbacks)
        self._accepts = False
        self._listen()

    @property
    def is_busy(self) -> bool:
        """Whether there is any connection."""
        return bool(self._open)

    def turn(self, timeout: float) -> None:
        """Wait for whatever happens next, see to it, and end the waits that have lasted too long."""
        if self._accepts != (len(self._open) < self._most or self._evictable() is not None):
            self._listen()
        for key, _ in self._poller.select(min(timeout, self._next_deadline())):
            key.data(key.fileobj)
        self._expire()

    def refuse_new(self) -> None:
        """Let nobody connect any more, to whichever process."""
        for listener in self._listeners:
            with contextlib.suppress(OSError):  # a kernel without filters: somebody may be reset
                listening.refuse_new(listener)

    def close_listeners(self) -> None:
        """Accept the connections that are queued already, and no other."""
        for listener in self._listeners:
            if self._accepts:
                self._poller.unregister(listener)
            while self._accept(listener):
                pass
            listener.close()
        self._listeners, self._accepts = [], False

    def shorten(self, seconds: float) -> None:
        """Let idle connections wait no longer than this from now on, for a request that is under way."""
        self._seconds[Wait.IDLE] = min(self._seconds[Wait.IDLE], seconds)
        limit = self._clock() + seconds
        idle = self._waiting[Wait.IDLE]
        idle.update({connection: min(deadline, limit) for connection, deadline in idle.items()})

    def close(self) -> None:
        """Close everything at once."""
        self.close_listeners()
        for connection in list(self._open):
            self._drop(connection)
        self._poller.close()

    def _listen(self) -> None:
        """Begin or cease to accept connections."""
        self._accepts = not self._accepts and bool(self._listeners)
        for listener in self._listeners:
            if self._accepts:
                listener.setblocking(False)  # noqa: FBT003 - the library's signature
                self._poller.register(listener, selectors.EVENT_READ, self._accept)
            else:
                self._poller.unregister(listener)

    def _accept(self, listener: socket.socket) -> bool:
        """Accept one connection; whether there was one."""
        if len(self._open) >= self._most:
            self._evict()
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno not in (
                errno.EAGAIN,
                errno.ECONNABORTED,
                errno.EINVAL,
            ):  # the last: nobody can connect
                self._evict()  # mostly there are no descriptors left
            return False
        connection = self._site.connect(sock, client, listener)
        self._open.add(connection)
        self._wait(connection, Wait.IDLE)
        self._receive(connection)
        return True

    def _evictable(self) -> ClientConnection | None:
        return next((one for wait in _EVICTED for one in self._waiting[wait]), None)

    def _evict(self) -> None:
        """Close the connection that has waited longest for its client, to have room for another."""
        found = self._evictable()
        if found is not None:
            self._drop(found)

    def _receive(self, connection: ClientConnection) -> None:
        """Read what has arrived, and have the request answered once it is ready."""
        try:
            ready = connection.receive()
        except BlockingIOError:
            return
        except (EOFError, OSError):
            self._drop(connection)
        except ParseException as error:
            self._refuse(connection, error)
        else:
            self._go_on(connection, ready=ready)

    def _go_on(self, connection: ClientConnection, *, ready: bool) -> None:
        """Have a request answered that is ready, or wait for what is still to come."""
        if ready:
            self._leave(connection)
            self._give(connection)
        elif not connection.has_begun:
            self._wait(connection, Wait.IDLE)
        elif connection not in self._waiting[Wait.RECEIVING]:  # its deadline counts from the first octet
            self._wait(connection, Wait.RECEIVING)

    def _refuse(self, connection: ClientConnection, error: ParseException) -> None:
        connection.sending = self._site.refuse(error, connection)
        connection.is_kept = False
        self._send(connection)

    def _give(self, connection: ClientConnection) -> None:
        """Pass a connection on to the threads, where it is answered in its turn."""
        self._pool.submit(self._site.answer, connection).add_done_callback(
            partial(self._calls.defer, self._answered, connection)
        )

    def _give_turn(self) -> None:
        """Have the next of the requests answered that were sent without waiting for an answer before them.

        One at a time: a few clients that send hundreds at once hold nobody up who waits for an answer.
        """
        if self._has_turn is None and self._waiting[Wait.TURN]:
            self._has_turn = next(iter(self._waiting[Wait.TURN]))
            self._go_on(self._has_turn, ready=True)

    def _answered(self, connection: ClientConnection, future: Future[None]) -> None:
        """Go on with a connection that a thread is done with."""
        if self._has_turn is connection:
            self._has_turn = None
        if future.cancelled() or future.exception() is not None:
            self._drop(connection)
        else:
            self._send(connection)
        self._give_turn()

    def _send(self, connection: ClientConnection) -> None:
        """Send what is left of an answer; then wait for another request, or close."""
        try:
            if not connection.send():
                if connection not in self._waiting[Wait.SENDING]:
                    self._wait(connection, Wait.SENDING)
            elif not connection.is_kept:
                connection.end_sending()
                self._wait(connection, Wait.CLOSING)
            elif connection.proceed():
                self._wait(connection, Wait.TURN)
                self._give_turn()
            else:
                self._go_on(connection, ready=False)
        except ParseException as error:
            self._refuse(connection, error)
        except OSError:
            self._drop(connection)

    def _pass_over(self, connection: ClientConnection) -> None:
        """Read what a client still sends, until it closes: to close before would cut the answer off."""
        try:
            passed = len(connection.sock.recv(65536))
        except BlockingIOError:
            return
        except OSError:
            passed = 0
        self._passed_over[connection] = self._passed_over.get(connection, 0) + passed
        if not passed or self._passed_over[connection] > _MOST_PASSED_OVER:
            self._drop(connection)

    def _wait(self, connection: ClientConnection, wait: Wait) -> None:
        """Let a connection wait for something, and for nothing else."""
        self._leave(connection)
        self._waiting[wait][connection] = self._clock() + self._seconds[wait]
        if wait is Wait.TURN:
            return
        event = selectors.EVENT_WRITE if wait is Wait.SENDING else selectors.EVENT_READ
        act = {Wait.SENDING: self._send, Wait.CLOSING: self._pass_over}.get(wait, self._receive)
        self._poller.register(connection, event, act)

    def _leave(self, connection: ClientConnection) -> None:
        """End whatever wait a connection is in."""
        for wait, waiting in self._waiting.items():
            if waiting.pop(connection, None) is not None and wait is not Wait.TURN:
                self._poller.unregister(connection)

    def _drop(self, connection: ClientConnection) -> None:
        """Close a connection."""
        self._leave(connection)
        self._open.discard(connection)
        self._passed_over.pop(connection, None)
        with contextlib.suppress(OSError):
            connection.close()

    def _next_deadline(self) -> float:
        """Return the seconds until a wait ends."""
        firsts = (next(iter(waiting.values())) for waiting in self._waiting.values() if waiting)
        return max(0.0, min(firsts, default=float("inf")) - self._clock())

    def _expire(self) -> None:
        """End the waits that have lasted too long: a request that is under way is told, others are cut."""
        now = self._clock()
        for wait, waiting in self._waiting.items():
            while waiting and next(iter(waiting.values())) <= now:
                connection = next(iter(waiting))
                if wait is Wait.RECEIVING:
                    self._refuse(connection, RequestTimeoutError())
                else:
                    self._drop(connection)
