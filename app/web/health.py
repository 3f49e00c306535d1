"""Liveness, readiness, metrics."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from cachetools import TTLCache, cached
from flask import Blueprint, Response

from app.errors import WharfingerError
from app.telemetry import metrics

_log = logging.getLogger("wharfinger.health")
_STATE = "state"
_KNOWN_FOR_SECONDS = 1
"""Readiness is asked for by anyone: a directory is pinged once a second and process at the most."""


class Pingable(Protocol):
    """What can be asked whether it works."""

    def ping(self) -> None:
        """Do nothing but find out.

        Raises:
            WharfingerError: It does not work.
        """


def blueprint(directories: Mapping[str, Pingable], state: Pingable | None = None) -> Blueprint:
    """Give the endpoints; ready is a server whose every realm has its directory.

    The state is told of, but a server without it is ready: each process then counts failed logins alone.
    """
    routes = Blueprint("health", __name__)

    @cached(TTLCache(1, _KNOWN_FOR_SECONDS, time.monotonic), lock=threading.Lock())
    def checks() -> Mapping[str, str]:
        found = {
            f"{realm}/directory": _check(realm, directory.ping) for realm, directory in directories.items()
        }
        return found if state is None else {**found, _STATE: _check("", state.ping)}

    @routes.get("/livez")
    def livez() -> Response:
        return _answer({"status": "alive"}, works=True)

    @routes.get("/readyz")
    def readyz() -> Response:
        found = checks()
        works = all(result == "ok" for name, result in found.items() if name != _STATE)
        return _answer({"status": "ready" if works else "not ready", "checks": found}, works=works)

    @routes.get("/metrics")
    def exposition() -> Response:
        return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)

    return routes


def _check(realm: str, ping: Callable[[], None]) -> str:
    """Give `ok` or a stable code; what exactly is wrong is for the log."""
    try:
        ping()
    except WharfingerError as error:
        _log.warning("not ready", extra={"realm": realm, "code": error.code, "detail": error.detail})
        return error.code
    return "ok"


def _answer(body: Mapping[str, object], *, works: bool) -> Response:
    return Response(json.dumps(body) + "\n", 200 if works else 503, mimetype="application/json")
