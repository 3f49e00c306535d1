"""What is found out about every request first: its id, its client, and whether it can be answered at all."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable

from cachetools import TTLCache
from flask import Request, Response, g, request

from app.errors import Code, Refusal
from app.protocol.request import Address
from app.web import errors, request_id
from app.web.address import HEADERS, UNIX, Proxies, Unreadable, parse

_log = logging.getLogger("wharfinger.web")
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
_HOUR_SECONDS, _MOST_PEERS = 3600, 1000
_NO_HOST = Refusal(Code.MALFORMED_REQUEST, "The request does not say properly which host it is for (Host).")
_UNREADABLE = Refusal(
    Code.MALFORMED_REQUEST,
    "The proxy before the token server does not say properly where the request comes from. "
    "Tell an administrator.",
)


class Arrivals:
    """Looks at every request as it arrives."""

    def __init__(self, proxies: Proxies, clock: Callable[[], float] = time.monotonic) -> None:
        """Make one.

        Args:
            proxies: Which proxies are believed.
            clock: Returns seconds, monotonic.
        """
        self._proxies = proxies
        self._logged: TTLCache[Address | None, bool] = TTLCache(_MOST_PEERS, _HOUR_SECONDS, clock)
        self._lock = threading.Lock()

    def look(self) -> Response | None:
        """Set `g.request_id` and `g.address` for the request that is being answered.

        Returns:
            A refusal where nobody can say whom it is for or where it comes from; else None.
        """
        of = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - one look is enough
        known = g._get_current_object()  # noqa: SLF001
        peer = parse(of.remote_addr or "")
        given = of.headers.get("X-Request-Id", "")
        is_trusted = self._proxies.trust(peer)
        known.request_id = given if is_trusted and request_id.is_usable(given) else request_id.make()
        known.address, known.recorded = None, False
        self._log_ignored(of, peer, is_trusted=is_trusted)
        if not _says_host(of):
            return errors.render(_NO_HOST)
        found = self._proxies.client_address(peer, of.headers)
        if isinstance(found, Unreadable):
            known.recorded = True
            extra = {
                "request_id": g.request_id,
                "proxy": _text(found.proxy),
                "header": self._proxies.header,
            }
            _log.warning("a trusted proxy's forwarding header cannot be read", extra=extra)
            return errors.render(_UNREADABLE)
        known.address = found
        return None

    def _log_ignored(self, of: Request, peer: Address | None, *, is_trusted: bool) -> None:
        """Log once an hour that a peer's forwarding header is ignored: the peer then counts as the client."""
        present = [name for name in HEADERS if name in of.headers]
        if not present or (is_trusted and self._proxies.header in present):
            return
        with self._lock:
            if peer in self._logged or len(self._logged) == _MOST_PEERS:  # more would be a flood of clients
                return
            self._logged[peer] = True
        extra = {"request_id": g.request_id, "peer": _text(peer), "header": present[0]}
        why = "proxy_header names another" if is_trusted else "its sender is no trusted proxy"
        _log.warning("a forwarding header is ignored", extra={**extra, "why": why})


def _says_host(of: Request) -> bool:
    """Whether a request names its host as RFC 9112 §3.2 demands; HTTP/1.0 need not."""
    host = of.headers.get("Host")
    if host is None:
        return of.environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
    return _HOST.fullmatch(host) is not None


def _text(address: Address | None) -> str:
    return UNIX if address is None else str(address)
