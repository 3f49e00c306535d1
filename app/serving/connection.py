"""One connection: octets in, requests out, answers to be sent."""

from __future__ import annotations

import re
import socket
from typing import Any

from gunicorn.http.body import LengthReader
from gunicorn.http.errors import LimitRequestHeaders, ParseException
from gunicorn.http.message import Request
from gunicorn.http.unreader import Unreader

from app.serving.framing import ChunkedFraming, Framing, LengthFraming

_MOST_HEAD = 64 * 1024
"""Octets of a request line with its headers: what a connection may make this process keep."""
_MOST_AT_ONCE = 64 * 1024
_FIRST_TRY = 8192
_END = re.compile(rb"\r\n\r\n|(?<!\r)\n")
"""Where a head may end, or is malformed so that it will never end."""
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class UnfinishedError(ParseException):
    """More of the request has to arrive before it can be read on."""


class Received(Unreader):
    """What has arrived of a request, for gunicorn's parser: it reads from here, and waits for nothing."""

    def __init__(self, octets: bytes) -> None:
        super().__init__()
        self._octets = octets

    def feed(self, octets: bytes) -> None:
        """Add what has arrived since."""
        self._octets += octets

    def chunk(self, size_hint: int | None = None) -> bytes:  # noqa: ARG002 - the library's signature
        """Return all that there is.

        Raises:
            UnfinishedError: That is nothing.
        """
        if not self._octets:
            raise UnfinishedError
        taken, self._octets = self._octets, b""
        return taken

    def rest(self) -> bytes:
        """Return what nobody has read."""
        taken, self._octets = self._octets, b""
        return bytes(self.take_buffered()) + taken


class Answer:
    """The octets of an answer; gunicorn writes them as if to a socket."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def sendall(self, octets: bytes) -> None:
        """Take octets of the answer."""
        self._parts.append(octets)

    def send(self, octets: bytes) -> int:
        """Pass over an interim answer (100): the loop sends it where a client waits for it."""
        return len(octets)

    def shutdown(self, _: int) -> None:
        """Refuse: the connection is closed by the loop.

        Raises:
            OSError: Always.
        """
        raise OSError

    def close(self) -> None:
        """Do nothing, likewise."""

    def octets(self) -> bytes:
        """Return the answer so far."""
        return b"".join(self._parts)


class ClientConnection:
    """One connection; used by the loop, or by the one thread that answers its request, never by both.

    Attributes:
        client: The peer's address, as gunicorn has it.
        server: The address that it connected to.
        request: Whose head has arrived; None before.
        sending: What is left to send.
        is_kept: Whether another request may follow once that is sent.
    """

    def __init__(self, sock: socket.socket, client: Any, server: Any, cfg: Any, body_limit: int) -> None:
        """Take a connection that was just accepted.

        Args:
            sock: Not blocking from now on.
            client: The peer's address.
            server: The address that it connected to.
            cfg: gunicorn's configuration.
            body_limit: Octets; a longer body is not waited for.
        """
        sock.setblocking(False)  # noqa: FBT003 - the library's signature
        self.sock, self.client, self.server = sock, client, server
        self.request: Request | None = None
        self.sending = b""
        self.is_kept = False
        self._cfg, self._body_limit = cfg, body_limit
        self._octets = bytearray()
        self._received = Received(b"")
        self._framing: Framing = LengthFraming(0, 0)
        self._next_try = _FIRST_TRY
        self._requests = 0
        self._proxy: Any = None

    def fileno(self) -> int:
        """Return the socket's descriptor, for selectors."""
        return self.sock.fileno()

    @property
    def has_begun(self) -> bool:
        """Whether something of a request has arrived that is not answered yet."""
        return bool(self._octets) or self.request is not None

    def receive(self) -> bool:
        """Read what has arrived.

        Returns:
            Whether a request is ready to be answered.

        Raises:
            BlockingIOError: Nothing has arrived.
            EOFError: The client has closed the connection.
            OSError: The connection is broken.
            ParseException: What arrived is no request.
        """
        octets = self.sock.recv(_MOST_AT_ONCE)
        if not octets:
            raise EOFError
        return self.feed(octets)

    def feed(self, octets: bytes) -> bool:
        """Take octets that have arrived.

        Returns:
            Whether a request is ready to be answered: it has arrived, or waiting for more is of no use.

        Raises:
            ParseException: What arrived is no request.
        """
        if self.request is not None:
            self._received.feed(octets)
            self._framing.feed(octets)
            return self._framing.is_enough
        searched = max(0, len(self._octets) - 3)
        self._octets += octets
        if _END.search(self._octets, searched) is None and len(self._octets) < self._next_try:
            return False
        self._next_try = min(2 * len(self._octets), _MOST_HEAD + 1)
        if not self._read_head():
            return False
        if not self._framing.is_enough:
            self._invite()
        return self._framing.is_enough

    def _read_head(self) -> bool:
        """Try to read the head; each try begins anew, so there are few of them.

        Raises:
            ParseException: It is none.
        """
        received = Received(bytes(self._octets))
        try:
            request = Request(self._cfg, received, self.client, self._requests + 1)
        except UnfinishedError:
            if len(self._octets) > _MOST_HEAD:
                raise LimitRequestHeaders("max buffer headers") from None
            return False
        self._requests += 1
        # gunicorn reads the PROXY header of the first request, and forgets it for those that follow
        self._proxy = request.proxy_protocol_info = request.proxy_protocol_info or self._proxy
        self.request, self._received = request, received
        self._octets.clear()
        self._next_try = _FIRST_TRY
        reader: object = request.body.reader if request.body is not None else None
        self._framing = (
            LengthFraming(reader.length, self._body_limit)
            if isinstance(reader, LengthReader)
            else ChunkedFraming(self._body_limit)
        )
        self._framing.feed(received.buf.getvalue())
        return True

    def _invite(self) -> None:
        """Ask for the body where the client waits for that (RFC 9110 §10.1.1)."""
        if getattr(self.request, "_expected_100_continue", False):
            self.sock.send(_CONTINUE)  # a client that has read nothing yet takes these few octets

    def finish(self, answer: bytes, *, keep: bool) -> None:
        """Take the answer to the request, and pass over what of its body nobody has read.

        Args:
            answer: All octets of it.
            keep: Whether the answer lets the client send another request.
        """
        self.is_kept = keep and self._framing.is_whole and self._is_read()
        self._octets = bytearray(self._received.rest())
        self.request, self.sending = None, answer

    def _is_read(self) -> bool:
        """Read the rest of the body, all of which has arrived; where that fails, nobody knows its end."""
        body: Any = self.request.body if self.request is not None else None
        try:
            while body.read(_MOST_AT_ONCE):
                pass
        except (ParseException, OSError):
            return False
        return not body.failed

    def proceed(self) -> bool:
        """Begin with the next request, of which something may have arrived behind the former one.

        Returns:
            Whether it is ready to be answered.

        Raises:
            ParseException: It is no request.
        """
        octets = bytes(self._octets)
        self._octets.clear()
        return bool(octets) and self.feed(octets)

    def send(self) -> bool:
        """Send as much of the answer as the client takes.

        Returns:
            Whether all of it is sent.

        Raises:
            OSError: The connection is broken.
        """
        while self.sending:
            try:
                sent = self.sock.send(self.sending)
            except BlockingIOError:
                return False
            self.sending = self.sending[sent:]
        return True

    def end_sending(self) -> None:
        """Say that nothing follows, and from now on pass over what the client sends.

        Raises:
            OSError: The connection is broken.
        """
        self.sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close it at once."""
        self.sock.close()
