"""The Flask application, put together."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from flask import Flask, Response, g, request

from app.bootstrap import Parts
from app.serving.settings import ServerSettings
from app.watch.watcher import Watcher
from app.web import errors, health, keys, openapi, token
from app.web.address import UNIX, Proxies
from app.web.arrival import Arrivals

_log = logging.getLogger("wharfinger.web")
_SHOWN_LENGTH = 256
HOOKS = "wharfinger"
"""Where the application has its `Hooks`."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the processes of a server need of the application that they run.

    Attributes:
        server: How the server is reached.
        body_bytes: The longest body of a request.
        watch: Begins to watch the files, in a process that answers.
        reopen: Has the audit file opened anew; may be called from a signal's handler.
        finish: Writes what is still to be written, once no request is answered any more.
        stop: Says from now on that the server is about to end, and is not ready.
    """

    server: ServerSettings
    body_bytes: int
    watch: Callable[[], Watcher]
    reopen: Callable[[], None]
    stop: Callable[[], None]
    finish: Callable[[], None]


class _Application(Flask):
    """Flask without the question, at every function of every request, whether it is a coroutine."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return it as it is: none of ours is one."""
        return func


def create(parts: Parts) -> Flask:
    """Make the application."""
    application = _Application("wharfinger", static_folder=None)
    # parameters.py refuses what is cut off there
    application.config["MAX_CONTENT_LENGTH"] = parts.body_bytes + 1
    application.config["PROVIDE_AUTOMATIC_OPTIONS"] = False  # cors.py answers those of web pages
    application.url_map.strict_slashes = False
    application.url_map.merge_slashes = False  # it would be a redirect, and no client follows one here
    rings = {name: issuer.realm.keys for name, issuer in parts.issuers.items()}
    application.register_blueprint(
        token.blueprint(parts.issuers, parts.default_realm, parts.server.cors_origins)
    )
    application.register_blueprint(keys.blueprint(rings, parts.default_realm))
    stopping = threading.Event()
    application.register_blueprint(
        health.blueprint(
            parts.directories,
            parts.state,
            parts.audit,
            parts.rules,
            parts.keys,
            is_stopping=stopping.is_set,
        )
    )
    application.register_blueprint(openapi.blueprint())
    application.before_request(Arrivals(proxies(parts.server)).look)
    application.after_request(_end)
    errors.install(application)
    application.extensions[HOOKS] = Hooks(
        parts.server, parts.body_bytes, parts.watch, parts.audit.reopen, stopping.set, parts.finish
    )
    return application


def proxies(server: ServerSettings) -> Proxies:
    """Return the trusted proxies of a configuration."""
    networks = [each for each in server.trusted_proxies if each != UNIX]
    return Proxies(
        tuple(map(ip_network, networks)),
        UNIX in server.trusted_proxies,
        server.proxy_hops,
        server.proxy_header,
    )


def _end(response: Response) -> Response:
    headers = response.headers
    headers.add("X-Request-Id", g.request_id)
    headers.add("X-Content-Type-Options", "nosniff")
    if "Cache-Control" not in headers:
        headers.add("Cache-Control", "no-store")
        headers.add("Pragma", "no-cache")
    if response.status_code >= 400 and not g.recorded:  # noqa: PLR2004 - where the refusals begin
        _tell(response)
    return response


def _tell(response: Response) -> None:
    """Log a request that was refused before it reached an issuer, mostly of a registry set up wrongly."""
    _log.info(
        "request refused",
        extra={
            "request_id": g.request_id,
            "status": response.status_code,
            "method": request.method,
            "path": request.path[:_SHOWN_LENGTH],
            "address": str(g.address) if g.address is not None else "",
        },
    )
