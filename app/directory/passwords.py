"""Checks passwords by binding, over connections on which nothing but binds happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.directory import account_state
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
    """Binds as people over a pool of connections of its own."""

    def __init__(self, servers: Servers, settings: DirectorySettings) -> None:
        self._timeout = settings.timeouts.operation
        self._tell_account_state = settings.login.tell_account_state
        self._pool = Pool(servers.connect, servers.is_left_alone, settings.pool.login, settings.pool)

    def check(self, dn: str, password: Secret, deadline: Deadline, *, typed: bool = False) -> Refusal | None:
        """Bind as an entry; return None if the password is right and the account is usable, else why not.

        A bind whose answer was lost is never repeated: the directory may have counted a wrong password.

        Args:
            dn: Of the entry.
            password: As typed.
            deadline: Of the whole login.
            typed: Whether the DN was made from what somebody typed, so that the entry may not exist.

        Raises:
            AnswerLost: The directory may have counted a wrong password.
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: An administrator must change something.
        """
        part = deadline.within(self._timeout)
        with self._pool.lend(part) as connection:
            result = _bind(connection, dn, password, part)
        return account_state.of_bind(result, tell_account_state=self._tell_account_state, typed=typed)

    @contextmanager
    def bound(self, name: str, password: Secret, deadline: Deadline) -> Iterator[Connection | Refusal]:
        """Yield a connection that is bound as a person and closed afterwards, or why there is none.

        Args:
            name: A DN, or another name that the server can bind, made from what somebody typed.
            password: As typed.
            deadline: Of the whole login.

        Raises:
            AnswerLost: The directory may have counted a wrong password.
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: An administrator must change something.
        """
        part = deadline.within(self._timeout)
        with self._pool.lend(part, fresh=True, keep=False) as connection:
            result = _bind(connection, name, password, part)
            refusal = account_state.of_bind(result, tell_account_state=self._tell_account_state, typed=True)
            yield connection if refusal is None else refusal

    def ping(self, deadline: Deadline) -> None:
        """Read the root DSE (RFC 4512 §5.1) anonymously; any answer shows that a server works.

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
        raise AnswerLost(error.fault, server=error.server) from None
