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

from app.errors import ConfigurationError, WharfingerError
from app.keys.keyring import KeyRing
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


class Versioned(Protocol):
    """Rules, as readiness names them."""

    @property
    def version(self) -> str:
        """The hash of their content."""


class Watched(Protocol):
    """Rules that are read anew when their files change."""

    @property
    def current(self) -> Versioned:
        """Those in force."""

    @property
    def fault(self) -> ConfigurationError | None:
        """Why the files are not in force."""


class WatchedKeys(Protocol):
    """Keys that are read anew when their folder changes."""

    @property
    def current(self) -> KeyRing:
        """Those in force."""

    @property
    def fault(self) -> ConfigurationError | None:
        """Why what the folder holds is not in force."""


def blueprint(
    directories: Mapping[str, Pingable],
    state: Pingable | None,
    rules: Mapping[str, Watched],
    keys: Mapping[str, WatchedKeys],
) -> Blueprint:
    """Give the endpoints; ready is a server whose every realm has its directory.

    What else has a fault is told of, but a server without it is ready: without the state each process counts
    failed logins alone, and files that cannot be used leave the last good ones in force.
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
        told = {
            "status": "ready" if works else "not ready",
            "checks": found,
            "rules": {realm: _rules(each) for realm, each in rules.items()},
            "keys": {realm: _keys(each) for realm, each in keys.items()},
        }
        return _answer(told, works=works)

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


def _rules(rules: Watched) -> Mapping[str, str]:
    return {"version": rules.current.version, "files": "ok" if rules.fault is None else "faulty"}


def _keys(keys: WatchedKeys) -> Mapping[str, str]:
    return {"active": keys.current.active.rfc7638, "files": "ok" if keys.fault is None else "faulty"}


def _answer(body: Mapping[str, object], *, works: bool) -> Response:
    return Response(json.dumps(body) + "\n", 200 if works else 503, mimetype="application/json")
