"""Which kind of credential, in which order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from app.directory.subject import DirectorySubject
from app.errors import Refusal
from app.login import robots
from app.protocol.credentials import Credentials
from app.protocol.request import Client
from app.rules.model import Persona, Robot

Subject = DirectorySubject | Persona


class People(Protocol):
    """Who knows everybody that is no robot."""

    def authenticate(self, credentials: Credentials, client: Client) -> DirectorySubject | Refusal:
        """Find out who somebody is.

        Raises:
            WharfingerError: It could not be found out.
        """


class Login:
    """Turns credentials into a subject: robots by the rules file, everybody else by the directory."""

    def __init__(self, people: People) -> None:
        self._people = people

    def authenticate(
        self, credentials: Credentials, known_robots: Mapping[str, Robot], client: Client, now: datetime
    ) -> Subject | Refusal:
        """Find out who somebody is.

        Raises:
            WharfingerError: It could not be found out.
        """
        if robots.is_robot(credentials.username):
            return robots.authenticate(known_robots, credentials, client.address_text, now)
        return self._people.authenticate(credentials, client)
