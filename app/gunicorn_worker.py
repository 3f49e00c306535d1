"""gunicorn's worker, whose threads wait for no client, and whose own refusals look like every other answer.

A thread of gunicorn's own worker waits while a request arrives and while its answer is sent: as many slow
clients as there are threads stop everything. Here they wait in `serving/loop.py`, which holds no thread.

What gunicorn cannot read never comes to the application: it would answer by itself, in HTML that repeats what
was sent, and log that too. What follows a body of the wrong length is read as a request line, so there may be
a password in it; here neither the answer nor the log has anything of the request.
"""

from __future__ import annotations

import logging
import mmap
import resource
import signal
import socket
import time
from types import SimpleNamespace
from typing import Any, cast

from gunicorn.errors import ConfigError
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.http.message import Request
from gunicorn.workers.gthread import ThreadWorker

from app.errors import Code, Refusal, WharfingerError
from app.serving.connection import Answer, ClientConnection
from app.serving.loop import Calls, Loop, RequestTimeoutError, Wait
from app.watch.watcher import Watcher
from app.web import errors, request_id
from app.web.address import parse
from app.web.application import HOOKS, Hooks

_log = logging.getLogger("wharfinger.web")
_TICK_SECONDS = 1.0
_LINGER_SECONDS = 2.0
"""For how long idle connections are kept when the worker stops: a request may be under way on them."""
_SETTLE_SECONDS = 0.1
"""For connections that are being made while the server ceases to listen: their first packet has come."""
_OTHER_DESCRIPTORS = 128
"""Descriptors that are not clients' connections: those to the directory and the state, files."""


class Worker(ThreadWorker):
    """A process that answers requests, and looks at the files on SIGHUP.

    Attributes:
        listens_last: One octet that all processes of the server share. It is not 0 where the server stops and
            nobody else has its sockets: neither systemd nor a new server that takes its place (SIGUSR2).
    """

    listens_last = mmap.mmap(-1, 1)

    watcher: Watcher | None = None
    hooks: Hooks

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuse what this worker does not do.

        Raises:
            ConfigError: TLS is asked for.
        """
        super().check_config(cfg, log)
        if cfg.is_ssl:
            raise ConfigError("the token server speaks plain HTTP; have a proxy speak TLS")

    def init_signals(self) -> None:
        """Take SIGHUP too; until then it must not end the process, as it does where nobody takes it."""
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
        super().init_signals()
        signal.signal(signal.SIGHUP, self.handle_hup)
        signal.siginterrupt(signal.SIGHUP, False)  # noqa: FBT003 - the library's signature
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGHUP])

    def load_wsgi(self) -> None:
        """Watch the files: the first request is answered on what they hold by now."""
        super().load_wsgi()
        application: Any = self.wsgi  # app/wsgi.py's
        self.hooks = application.extensions[HOOKS]
        self.watcher = self.hooks.watch()

    def handle_hup(self, sig: int, frame: object) -> None:  # noqa: ARG002 - as signals are handed over
        """Look at files and open the audit file anew, which is due anyway until there is a watcher."""
        if self.watcher is not None:
            self.hooks.reopen()
            self.watcher.wake()

    def run(self) -> None:
        """Serve until the worker is told to stop; then finish what has begun."""
        server, calls = self.hooks.server, cast("Calls", self.method_queue)
        loop = Loop(
            self,
            listeners=self.sockets,
            pool=self.tpool,
            calls=calls,
            seconds={
                Wait.IDLE: self.cfg.keepalive,
                Wait.RECEIVING: server.request_timeout.total_seconds(),
                Wait.TURN: server.answer_timeout.total_seconds(),
                Wait.SENDING: server.answer_timeout.total_seconds(),
                Wait.CLOSING: _LINGER_SECONDS,
            },
            most=_most_connections(self.cfg.worker_connections),
            clock=time.monotonic,
        )
        while self.alive and self.is_parent_alive():
            self._turn(loop)
        self.hooks.stop()
        self._turn_until(loop, time.monotonic() + server.drain.total_seconds())
        if self.listens_last[0]:
            loop.refuse_new()
            self._turn_until(loop, time.monotonic() + _SETTLE_SECONDS)
        loop.close_listeners()
        loop.shorten(_LINGER_SECONDS)
        self._turn_until(loop, time.monotonic() + self.cfg.graceful_timeout, busy=True)
        self.tpool.shutdown(wait=False)
        loop.close()
        self.hooks.finish()

    def _turn(self, loop: Loop, seconds: float = _TICK_SECONDS) -> None:
        self.notify()
        loop.turn(min(seconds, _TICK_SECONDS))

    def _turn_until(self, loop: Loop, end: float, *, busy: bool = False) -> None:
        """Go on until a time; with `busy` no longer than there are connections."""
        while (left := end - time.monotonic()) > 0 and (loop.is_busy or not busy):
            self._turn(loop, left)

    def connect(self, sock: socket.socket, client: Any, listener: socket.socket) -> ClientConnection:
        """Make a connection of a socket that was accepted."""
        read_at_most = self.hooks.body_bytes + 1  # the application reads one octet over the limit
        return ClientConnection(sock, client, listener.getsockname(), self.cfg, read_at_most)

    def answer(self, connection: ClientConnection) -> None:
        """Answer the request of a connection, and send what its client takes at once; in a thread."""
        answer = Answer()
        exchange: Any = SimpleNamespace(sock=answer, client=connection.client, server=connection.server)
        try:
            request = cast("Request", connection.request)
            keep = bool(self.handle_request(request, exchange))
            octets = answer.octets()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is answered in the one shape
            keep, octets = False, self._refusal(error, connection)
        connection.finish(octets, keep=keep)
        connection.send()

    def refuse(self, error: ParseException, connection: ClientConnection) -> bytes:
        """Return the answer to what is no request, or did not arrive in time."""
        return self._refusal(error, connection)

    def _refusal(self, error: BaseException, connection: ClientConnection) -> bytes:
        """Answer a request that did not come to the application, or that failed outside it; and log that."""
        known_as = request_id.make()
        no = refusal(error)
        known = {"request_id": known_as, "error": type(error).__name__}
        if no is None:
            _log.error("a fault of the token server", exc_info=error, extra=known)
        else:
            address = parse(connection.client[0]) if isinstance(connection.client, tuple) else None
            extra = {**known, "status": errors.TABLE[no.code].status, "address": str(address or "")}
            _log.info("request refused", extra=extra)
        return errors.render_plainly(no or WharfingerError(), known_as)


def _most_connections(configured: int) -> int:
    """Return how many connections a worker may have: so many that descriptors are left for all else."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(configured, descriptors - _OTHER_DESCRIPTORS))


def refusal(error: BaseException) -> Refusal | None:
    """Return what is wrong with a request; None where the fault is ours."""
    if isinstance(error, RequestTimeoutError):
        return Refusal(Code.REQUEST_TIMEOUT, "The request did not arrive in time.")
    if isinstance(error, LimitRequestLine):
        return errors.ADDRESS_TOO_LONG
    if isinstance(error, LimitRequestHeaders):
        return errors.HEADERS_TOO_LARGE
    return errors.MALFORMED if isinstance(error, ParseException) else None
