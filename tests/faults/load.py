"""A steady load: a few clients that ask, think, and ask again; each answer is recorded with its time."""

from __future__ import annotations

import base64
import enum
import http.client
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from tests.support.crowd import basic
from tests.support.processes import wait_until
from tests.support.server import SERVICE, realm_path

_THINK_SECONDS = 0.05
_TIMEOUT_SECONDS = 60
_MOST = 5_000
"""Requests of one client, so that no fault of a test asks for ever."""
_LEEWAY_SECONDS = 60
"""What registries allow for clocks that differ."""
_WITHIN = timedelta(minutes=2)


class Kind(enum.Enum):
    """What a request needs."""

    ANONYMOUS = "anonymous"
    LOGIN = "login"  # is remembered nowhere: each asks the directory


CLIENTS = ((Kind.ANONYMOUS, ""), (Kind.ANONYMOUS, ""), (Kind.LOGIN, "alice"), (Kind.LOGIN, "bob"))


@dataclass(frozen=True, slots=True)
class Record:
    """One request.

    Attributes:
        began: When it was sent (monotonic seconds).
        ended: When its answer was there.
        status: 200 where the answer is a token that a registry would take; 0 where there was none.
        said: What else came.
    """

    kind: Kind
    began: float
    ended: float
    status: int
    said: str = ""

    @property
    def failed(self) -> bool:
        """Whether it got no token."""
        return self.status != http.client.OK


@dataclass(slots=True)
class Load:
    """Clients of one address."""

    url: str
    records: list[Record] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Have the clients ask while the context lasts."""
        with ThreadPoolExecutor(len(CLIENTS)) as pool:
            running = [pool.submit(self._ask_on, kind, name, _MOST) for kind, name in CLIENTS]
            try:
                yield
            finally:
                self._over.set()
            for each in running:
                each.result()

    @contextmanager
    def more(self, times: int, each: int) -> Iterator[None]:
        """Add so many times the clients, with so many requests each; the context waits for their answers."""
        with ThreadPoolExecutor(times * len(CLIENTS)) as pool:
            asking = [pool.submit(self._ask_on, *one, each) for _ in range(times) for one in CLIENTS]
            yield
            for one_of_them in asking:
                one_of_them.result()

    def wait_for(self, count: int) -> None:
        """Wait for so many more answers, of each kind."""
        before = self._answers()

        def are_there() -> bool:
            return all(number - before[kind] >= count for kind, number in self._answers().items())

        wait_until(are_there, within=_WITHIN, what=f"{count} more answers of each kind")

    def _answers(self) -> dict[Kind, int]:
        kinds = [record.kind for record in self.records]
        return {kind: kinds.count(kind) for kind in Kind}

    def _ask_on(self, kind: Kind, name: str, most: int) -> None:
        for _ in range(most):
            if self._over.is_set():
                return
            self.records.append(ask(self.url, kind, name))
            self._over.wait(_THINK_SECONDS)


def ask(url: str, kind: Kind, name: str) -> Record:
    """Ask for a token, over a connection of its own."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_TIMEOUT_SECONDS)
    path = f"{realm_path()}/auth?service={SERVICE}&scope=repository:base/x:pull"
    headers = basic(name, f"{name}-password") if kind is Kind.LOGIN else {}
    began = time.monotonic()
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        return Record(kind, began, time.monotonic(), 0, repr(error))
    finally:
        connection.close()
    ended = time.monotonic()
    if answer.status != http.client.OK:
        return Record(kind, began, ended, answer.status, body.decode(errors="replace"))
    claims = _claims(json.loads(body)["token"])
    if not claims["nbf"] - _LEEWAY_SECONDS <= time.time() <= claims["exp"] + _LEEWAY_SECONDS:
        return Record(kind, began, ended, 0, f"a token that no registry would take: {claims}")
    return Record(kind, began, ended, answer.status)


def _claims(token: str) -> dict[str, int]:
    """Return what a token says, without a look at its signature."""
    part = token.split(".")[1]
    found: dict[str, int] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found
