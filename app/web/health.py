"""Liveness, readiness, metrics."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from cachetools import TTLCache, cached
from flask import Blueprint, Response, request

from app.errors import ConfigurationError, Refusal, WharfingerError
from app.keys.keyring import KeyRing
from app.rules.file.guard import WaitingRulesError
from app.telemetry import metrics
from app.web import errors
from app.web.realms import find

_log = logging.getLogger("wharfinger.health")
_STATE = "state"
_AUDIT = "audit"
_ENOUGH: Mapping[str, Callable[[Iterable[bool]], bool]] = {"any": any, "none": lambda _: True}
"""How many realms must have their directory, by what the query says; all of them otherwise."""
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

    @property
    def is_stale(self) -> bool:
        """Whether it is not known what the files hold by now."""


class WatchedKeys(Protocol):
    """Keys that are read anew when their folder changes."""

    @property
    def current(self) -> KeyRing:
        """Those in force."""

    @property
    def fault(self) -> ConfigurationError | None:
        """Why what the folder holds is not in force."""

    @property
    def is_stale(self) -> bool:
        """Whether it is not known what the folder holds by now."""


def blueprint(
    directories: Mapping[str, Pingable],
    state: Pingable | None,
    audit: Pingable,
    rules: Mapping[str, Watched],
    keys: Mapping[str, WatchedKeys],
    *,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Blueprint:
    """Return the endpoints.

    Ready is a server that goes on to run, can write its audit stream, and has the directory of every realm.
    Whoever asks for it takes any realm for all, or none: a balancer, where all servers have one directory.

    What else has a fault is told of, but a server without it is ready: without the state each process counts
    failed logins alone, and files that cannot be used leave the last good ones in force.
    """
    routes = Blueprint("health", __name__)

    @cached(TTLCache(1, _KNOWN_FOR_SECONDS, time.monotonic), lock=threading.Lock())
    def checks() -> Mapping[str, str]:
        return _checks(directories, state, audit)

    @routes.get("/livez")
    def livez() -> Response:
        return _answer({"status": "alive"}, works=True)

    @routes.get("/readyz")
    def readyz() -> Response:
        return readiness(None, _ENOUGH.get(request.args.get("realms", ""), all))

    @routes.get("/readyz/<realm>")
    def readyz_of_realm(realm: str) -> Response:
        directory = find(directories, realm)
        return errors.render(directory) if isinstance(directory, Refusal) else readiness(realm, all)

    def readiness(only: str | None, enough: Callable[[Iterable[bool]], bool]) -> Response:
        """Answer for one realm, or for all where None is named."""
        found = checks()
        named = {
            name: result
            for name, result in found.items()
            if name in (_AUDIT, _STATE) or only is None or name == _check_of(only)
        }
        of_realms = (result == "ok" for name, result in named.items() if name not in (_AUDIT, _STATE))
        works = found[_AUDIT] == "ok" and enough(of_realms)
        ends = is_stopping()
        told = {
            "status": "stopping" if ends else "ready" if works else "not ready",
            "checks": named,
            "rules": {realm: _rules(each) for realm, each in rules.items() if only in (None, realm)},
            "keys": {realm: _keys(each) for realm, each in keys.items() if only in (None, realm)},
        }
        return _answer(told, works=works and not ends)

    @routes.get("/metrics")
    def exposition() -> Response:
        return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)

    return routes


def _checks(
    directories: Mapping[str, Pingable], state: Pingable | None, audit: Pingable
) -> Mapping[str, str]:
    """Ask everything that a server needs, and log what does not work."""
    fault = _fault(audit)
    if fault is not None:
        _log.warning("not ready", extra=_details(fault))
    found = {_AUDIT: _word(fault)}
    for realm, directory in directories.items():
        fault = _fault(directory)
        if fault is not None:
            _log.warning("not ready", extra={"realm": realm, **_details(fault)})
        found[_check_of(realm)] = _word(fault)
    if state is not None:
        fault = _fault(state)
        if fault is not None:
            _log.warning("ready without the state", extra=_details(fault))
        found[_STATE] = _word(fault)
    return found


def _check_of(realm: str) -> str:
    return f"{realm}/directory"


def _fault(asked: Pingable) -> WharfingerError | None:
    try:
        asked.ping()
    except WharfingerError as error:
        return error
    return None


def _word(fault: WharfingerError | None) -> str:
    """Return `ok` or a stable code; what exactly is wrong is for the log."""
    return "ok" if fault is None else fault.code


def _details(fault: WharfingerError) -> dict[str, str]:
    return {"code": fault.code, "detail": fault.detail}


def _rules(rules: Watched) -> Mapping[str, str]:
    return {"version": rules.current.version, "files": _files(rules)}


def _keys(keys: WatchedKeys) -> Mapping[str, str]:
    return {"active": keys.current.active.rfc7638, "files": _files(keys)}


def _files(watched: Watched | WatchedKeys) -> str:
    if watched.is_stale:
        return "stale"
    if isinstance(watched.fault, WaitingRulesError):
        return "waiting"
    return "ok" if watched.fault is None else "faulty"


def _answer(body: Mapping[str, object], *, works: bool) -> Response:
    return Response(json.dumps(body) + "\n", 200 if works else 503, mimetype="application/json")
