"""Short ways to ask an issuer for a token, and to look at what became of it."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.errors import Code, Refusal
from app.login.login import Subject
from app.protocol.credentials import Credentials
from app.protocol.request import Client, RawRequest
from app.rules.model import Robot
from app.rules.persona import Persona
from app.tokens.realm import Issued
from tests.support.records import client
from tests.support.server import SERVICE

CLIENT = client("192.0.2.7", "example", "example/27")
"""A client of which nothing is known: what is refused is told to nobody."""
ALICE = "alice:alice-password"


def raw(login: str | None, *scopes: str, service: str = SERVICE, where: Client = CLIENT) -> RawRequest:
    """Return a request by GET; without a login it is anonymous."""
    header = None if login is None else "Basic " + base64.b64encode(login.encode()).decode()
    return RawRequest(where, header, (service,) if service else (), scopes)


def issued(answer: Issued | Refusal) -> Issued:
    """Return an answer that has to be a token."""
    assert isinstance(answer, Issued), answer
    return answer


def refused(answer: Issued | Refusal) -> Code:
    """Return why an answer is none, which it has to be."""
    assert isinstance(answer, Refusal), answer
    return answer.code


@dataclass(slots=True)
class ScriptedLogin:
    """A login that answers as a test wants, and keeps what it was asked.

    Attributes:
        answer: A subject, a refusal, or an exception that is raised.
        asked: What it was given, in order.
    """

    answer: Subject | Refusal | Exception = field(default_factory=lambda: Persona("alice"))
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def authenticate(
        self, credentials: Credentials, known_robots: dict[str, Robot], client: Client, now: datetime
    ) -> Subject | Refusal:
        self.asked.append((credentials, known_robots, client, now))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass(slots=True)
class Changing:
    """What a realm reads, which is another thing every time it is read."""

    values: list[Any]
    reads: int = 0

    @property
    def current(self) -> Any:
        """Return the next one."""
        self.reads += 1
        return self.values[self.reads - 1]
