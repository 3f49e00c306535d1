"""Resolves host names within a deadline: the system's own lookup has none, and may hang."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Any, TypeAlias

from app.ldap.deadline import Deadline
from app.single_flight import SingleFlight

_KEPT_SECONDS = 30.0
_STALE_PATIENCE_SECONDS = 0.5
"""How long to wait for a lookup where former addresses are known."""
Endpoint: TypeAlias = tuple[int, int, int, Any]
"""Family, type, protocol and address, in the form that sockets take."""
_Key: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Known:
    endpoints: tuple[Endpoint, ...]
    until: float


class Resolver:
    """Looks each name up in a thread of its own, one lookup at a time, and remembers addresses for a while.

    A lookup that hangs blocks that one thread and no caller. While a name cannot be looked up, its former
    addresses are used.
    """

    def __init__(
        self,
        lookup: Callable[[str, int], tuple[Endpoint, ...]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lookup = lookup or _look_up
        self._clock = clock
        self._known: dict[_Key, _Known] = {}
        self._lookups: SingleFlight[_Key, tuple[Endpoint, ...]] = SingleFlight(_start)

    def resolve(self, host: str, port: int, deadline: Deadline) -> tuple[Endpoint, ...]:
        """Return the endpoints of a host, the preferred one first.

        Raises:
            OSError: The name cannot be resolved, or not in time.
            DirectoryUnavailable: There is no time left.
        """
        if _is_literal(host):
            return _look_up(host, port)
        key = (host, port)
        known = self._known.get(key)
        if known is not None and self._clock() < known.until:
            return known.endpoints
        patience = deadline.remaining()
        try:
            return self._lookups.join(key, lambda: self._remember(key)).result(
                patience if known is None else min(patience, _STALE_PATIENCE_SECONDS)
            )
        except (FutureTimeout, OSError) as error:
            if known is not None:
                return known.endpoints
            if isinstance(error, socket.gaierror):
                raise socket.gaierror(*error.args) from None  # several may wait for the same error
            raise TimeoutError(f"the name {host} was not resolved in time") from None

    def _remember(self, key: _Key) -> tuple[Endpoint, ...]:
        endpoints = self._lookup(*key)
        self._known[key] = _Known(endpoints, self._clock() + _KEPT_SECONDS)
        return endpoints


def _start(run: Callable[[], None]) -> None:
    try:
        threading.Thread(target=run, name="resolver", daemon=True).start()
    except RuntimeError as error:  # the machine allows no more threads
        raise OSError(str(error)) from None


def _look_up(host: str, port: int) -> tuple[Endpoint, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label that is empty, or too long
        raise socket.gaierror(socket.EAI_NONAME, "no such name") from error
    return tuple((family, kind, protocol, address) for family, kind, protocol, _, address in found)


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
