"""Credentials to a subject: the first authenticator whose kind of credentials they are decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.directory.subject import DirectorySubject
from app.errors import Refusal
from app.protocol.credentials import Credentials
from app.protocol.request import Client
from app.rules.model import Robot
from app.rules.persona import Persona

Subject = DirectorySubject | Persona


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else a login may depend on.

    Attributes:
        client: Where it comes from.
        robots: Those of the rules in force, by name.
        now: Aware, UTC.
    """

    client: Client
    robots: Mapping[str, Robot]
    now: datetime


class Authenticator(Protocol):
    """Checks one kind of credentials."""

    def claims(self, credentials: Credentials) -> bool:
        """Whether they are of this kind. Then no later authenticator sees them, whatever comes of it."""

    def authenticate(self, credentials: Credentials, circumstances: Circumstances) -> Subject | Refusal:
        """Find out who presented them.

        Raises:
            WharfingerError: It could not be found out.
        """


class Login:
    """Turns credentials into a subject."""

    def __init__(self, authenticators: Sequence[Authenticator]) -> None:
        """Take the authenticators in the order in which they are asked; the last one claims what is left."""
        self._authenticators = authenticators

    def authenticate(
        self, credentials: Credentials, robots: Mapping[str, Robot], client: Client, now: datetime
    ) -> Subject | Refusal:
        """Find out who somebody is.

        Raises:
            WharfingerError: It could not be found out.
        """
        chosen = next(each for each in self._authenticators if each.claims(credentials))
        return chosen.authenticate(credentials, Circumstances(client, robots, now))
