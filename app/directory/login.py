"""Login connections, on which only binds happen: is this the person's password?"""

from __future__ import annotations

from app.directory import outcome
from app.directory.connection import Deadline
from app.directory.pool import Pool
from app.directory.servers import Servers
from app.directory.settings import DirectorySettings
from app.errors import Refusal
from app.protocol.secret import Secret


class PasswordCheck:
    """Binds as people, over pooled connections of its own."""

    def __init__(self, servers: Servers, settings: DirectorySettings) -> None:
        self._timeout = settings.timeouts.operation
        self._tell_account_state = settings.login.tell_account_state
        self._pool = Pool(servers.connect, settings.pool.login, settings.pool)

    def check(self, dn: str, password: Secret, deadline: Deadline) -> Refusal | None:
        """Bind as an entry; None where the password is right and the account may log in.

        A bind whose answer got lost is never repeated: it may have counted as a wrong password.

        Raises:
            DirectoryUnavailable: No server answers, or the answer got lost.
            DirectoryMisconfigured: An administrator must change something.
        """
        part = deadline.within(self._timeout)
        with self._pool.lend(part) as connection:
            result = connection.bind(dn, password, part)
        return outcome.of_bind(result, tell_account_state=self._tell_account_state)

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()
