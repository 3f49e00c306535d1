"""Login connections, on which only binds happen: is this the person's password?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.directory import outcome
from app.directory.settings import DirectorySettings
from app.errors import AnswerLost, DirectoryUnavailable, Refusal
from app.ldap.answers import Result
from app.ldap.connection import Connection
from app.ldap.deadline import Deadline
from app.ldap.filters import ANYTHING
from app.ldap.pool import Pool
from app.ldap.requests import Query
from app.ldap.servers import Servers
from app.protocol.secret import Secret


class PasswordCheck:
    """Binds as people, over pooled connections of its own."""

    def __init__(self, servers: Servers, settings: DirectorySettings) -> None:
        self._timeout = settings.timeouts.operation
        self._tell_account_state = settings.login.tell_account_state
        self._pool = Pool(servers.connect, servers.is_left_alone, settings.pool.login, settings.pool)

    def check(self, dn: str, password: Secret, deadline: Deadline, *, typed: bool = False) -> Refusal | None:
        """Bind as an entry; None where the password is right and the account may log in.

        A bind whose answer got lost is never repeated: it may have counted as a wrong password.

        Args:
            dn: Of the entry.
            password: As typed.
            deadline: Of the whole login.
            typed: Whether the DN was made of what somebody typed: then there may be no such entry.

        Raises:
            AnswerLost: The password may have been counted as a wrong one.
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: An administrator must change something.
        """
        part = deadline.within(self._timeout)
        with self._pool.lend(part) as connection:
            result = _bind(connection, dn, password, part)
        return outcome.of_bind(result, tell_account_state=self._tell_account_state, typed=typed)

    @contextmanager
    def bound(self, name: str, password: Secret, deadline: Deadline) -> Iterator[Connection | Refusal]:
        """Lend a connection that is bound as a person, and closed afterwards; or say why not.

        Args:
            name: A DN or whatever the server takes for one, made of what somebody typed.
            password: As typed.
            deadline: Of the whole login.

        Raises:
            AnswerLost: The password may have been counted as a wrong one.
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: An administrator must change something.
        """
        part = deadline.within(self._timeout)
        with self._pool.lend(part, fresh=True, keep=False) as connection:
            result = _bind(connection, name, password, part)
            refusal = outcome.of_bind(result, tell_account_state=self._tell_account_state, typed=True)
            yield connection if refusal is None else refusal

    def ping(self, deadline: Deadline) -> None:
        """Read the root DSE (RFC 4512 §5.1) over a connection that nobody is bound to; any answer will do.

        Raises:
            DirectoryUnavailable: No server answers.
        """
        with self._pool.lend(deadline, fresh=True, keep=False) as connection:
            connection.search(Query("", "base", ANYTHING, ("supportedLDAPVersion",)), deadline)

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()


def _bind(connection: Connection, name: str, password: Secret, deadline: Deadline) -> Result:
    try:
        return connection.bind(name, password, deadline)
    except DirectoryUnavailable as error:
        raise AnswerLost(error.detail) from None
