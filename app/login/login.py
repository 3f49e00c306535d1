"""Which kind of credential, in which order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from app.directory.subject import DirectorySubject
from app.errors import Refusal
from app.login import robots
from app.login.shield import Directory
from app.protocol.credentials import Credentials
from app.protocol.request import Client
from app.rules.model import Persona, Robot

Subject = DirectorySubject | Persona


class Login:
    """Turns credentials into a subject: robots by the rules file, everybody else by the directory."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def authenticate(
        self, credentials: Credentials, known_robots: Mapping[str, Robot], client: Client, now: datetime
    ) -> Subject | Refusal:
        """Find out who somebody is.

        Raises:
            WharfingerError: It could not be found out.
        """
        if robots.is_robot(credentials.username):
            return robots.authenticate(known_robots, credentials, client.address, now)
        return self._directory.authenticate(credentials)
