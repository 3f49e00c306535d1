"""gunicorn's worker with threads, whose own refusals look like every other answer of the server.

What gunicorn cannot read never comes to the application: it answers by itself, in HTML that repeats what was
sent, and logs that too. What follows a body of the wrong length is read as a request line, so there may be a
password in it; here neither the answer nor the log has anything of the request.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
from typing import Any

from gunicorn import util
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.gthread import ThreadWorker

from app.errors import Refusal, WharfingerError
from app.watch.watcher import Watcher
from app.web import errors, request_id
from app.web.address import parse
from app.web.application import WATCH

_log = logging.getLogger("wharfinger.web")


class JsonErrorsWorker(ThreadWorker):
    """Answers what gunicorn cannot read in the one shape of errors, and looks at the files on SIGHUP."""

    watcher: Watcher | None = None

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
        self.watcher = application.extensions[WATCH]()

    def handle_hup(self, sig: int, frame: object) -> None:  # noqa: ARG002 - as signals are handed over
        """Have the files looked at; before there is a watcher, a look is to come anyway."""
        if self.watcher is not None:
            self.watcher.wake()

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer a request that did not come to the application, or that failed outside it."""
        known_as = request_id.make()
        no = refusal(exc) if req is None or is_answered(req) else None
        known = {"request_id": known_as, "error": type(exc).__name__}
        if no is None:
            _log.error("a fault of the token server", exc_info=exc, extra=known)
        else:
            status, address = errors.TABLE[no.code].status, parse(addr[0] if addr else "")
            _log.info("request refused", extra={**known, "status": status, "address": str(address or "")})
        if not is_answered(req):
            with contextlib.suppress(OSError):
                util.write_nonblock(client, errors.render_plainly(no or WharfingerError(), known_as))


def refusal(exc: BaseException) -> Refusal | None:
    """Say what is wrong with a request; None where the fault is ours."""
    if isinstance(exc, LimitRequestLine):
        return errors.ADDRESS_TOO_LONG
    if isinstance(exc, LimitRequestHeaders):
        return errors.HEADERS_TOO_LARGE
    return errors.MALFORMED if isinstance(exc, ParseException) else None


def is_answered(req: Any) -> bool:
    """Tell whether it is only the rest of a body that cannot be read, which nobody needs any more.

    A second answer would be taken for that to the next request, which may be somebody else's.
    """
    return req is not None and bool(getattr(req.body, "failed", False))
