"""Searching as the service account: its bind, which must not lock it, and its pool of connections."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping

from app import files
from app.directory import account_state
from app.directory.account_settings import ServiceAccountSettings
from app.directory.settings import DirectorySettings
from app.errors import DirectoryMisconfigured, DirectoryUnavailable, Fault
from app.ldap import codes
from app.ldap.answers import Entry, Result
from app.ldap.codes import ResultCode
from app.ldap.connection import Connection
from app.ldap.deadline import Deadline
from app.ldap.filters import ANYTHING
from app.ldap.pool import Pool
from app.ldap.requests import Query
from app.ldap.servers import Servers
from app.ldap.transport import Address
from app.protocol.secret import Secret

_PAGE = 500
_JUST_NOW = 5.0
"""Seconds for which a password that was right needs no new trial, so that connections open side by side."""
_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 900.0
"""Seconds before a refused password is tried again: every trial may count towards a lockout."""
_WHERE_OUR_CERTIFICATE_FAILS: Mapping[int, Fault] = {
    ResultCode.AUTH_METHOD_NOT_SUPPORTED: Fault(
        "the server offers no SASL EXTERNAL on this connection",
        "have it ask clients for a certificate (OpenLDAP: TLSVerifyClient), and trust the CA of ours",
    ),
    ResultCode.SASL_BIND_IN_PROGRESS: Fault(
        "the server asks for more than our certificate (saslBindInProgress)",
        "let its SASL EXTERNAL take the certificate alone",
    ),
    **dict.fromkeys(
        (
            ResultCode.INAPPROPRIATE_AUTHENTICATION,
            ResultCode.INVALID_CREDENTIALS,
            ResultCode.INSUFFICIENT_ACCESS_RIGHTS,
            ResultCode.UNWILLING_TO_PERFORM,
        ),
        Fault(
            "the server takes our certificate for no account",
            "check to which account it maps the certificate's subject (OpenLDAP: authz-regexp)",
        ),
    ),
}


class ServiceAccount:
    """Binds as the service account without locking it, in the form that the settings say.

    Where a password is sent, one bind runs at a time at each server, unless the password was right a moment
    ago. A refused password is tried again rarely; a new password in the file is tried at once.
    """

    def __init__(self, settings: ServiceAccountSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._turns: defaultdict[Address, threading.Lock] = defaultdict(threading.Lock)
        self._right: tuple[Secret | None, float] = (None, 0.0)
        self._refused: Secret | None = None
        self._pause = 0.0
        self._next_try = 0.0

    def bind(self, connection: Connection, deadline: Deadline) -> None:
        """Bind a fresh connection; one for anonymous searches stays as it is.

        Raises:
            DirectoryMisconfigured: The directory refuses the account, or refused its password a while ago.
            DirectoryUnavailable: The directory could not tell.
        """
        if self._settings.bind_name is not None:
            self._bind_in_turn(connection, self._settings.bind_name, deadline)
        elif self._settings.external:
            _bind_external(connection, deadline)

    def _bind_in_turn(self, connection: Connection, name: str, deadline: Deadline) -> None:
        password = self._password()
        if self._was_right_just_now(password):
            self._bind(connection, name, password, deadline)
            return
        turn = self._turns[connection.address]
        if not turn.acquire(timeout=deadline.remaining()):
            raise DirectoryUnavailable("the directory did not answer the service account in time")
        try:
            self._bind(connection, name, password, deadline)
        finally:
            turn.release()

    def _was_right_just_now(self, password: Secret) -> bool:
        right, when = self._right
        return right == password and self._clock() - when < _JUST_NOW

    def _bind(self, connection: Connection, name: str, password: Secret, deadline: Deadline) -> None:
        if password != self._refused:
            self._pause = 0.0
        elif self._clock() < self._next_try:
            text = "the service account's password was refused, and is not tried again for a while"
            raise DirectoryMisconfigured(Fault(text, "mend it"))
        result = connection.bind(name, password, deadline)
        state = account_state.state_of(result)
        if result.code == ResultCode.SUCCESS and not state:
            self._right, self._refused, self._pause = (password, self._clock()), None, 0.0
            return
        self._right = (None, 0.0)
        if result.code not in {ResultCode.SUCCESS, ResultCode.INVALID_CREDENTIALS} and not state:
            raise codes.error(result, "the bind of the service account")
        self._pause = min(max(self._pause * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
        self._refused, self._next_try = password, self._clock() + self._pause
        text = f"the directory refuses the service account {name}"
        if state:
            raise DirectoryMisconfigured(Fault(f"{text}: {state}", "mend the account in the directory"))
        raise DirectoryMisconfigured(Fault(text, "check its name and password"))

    def _password(self) -> Secret:
        """Return the password; a file is read each time, for it may have been replaced."""
        if self._settings.password_file is None:
            return Secret(self._settings.password.get_secret_value() if self._settings.password else "")
        try:
            text = files.read(self._settings.password_file).decode().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            what = f"{self._settings.password_file}: the service account's password cannot be read"
            raise DirectoryMisconfigured(Fault(what, "check the file's owner and mode")) from error
        if not text:
            what = f"{self._settings.password_file}: the file is empty"
            raise DirectoryMisconfigured(Fault(what, "write the service account's password into it"))
        return Secret(text)


def _bind_external(connection: Connection, deadline: Deadline) -> None:
    """Bind by our certificate. It cannot be locked, so it may be tried as often as connections are made."""
    result = connection.bind_external(deadline)
    if result.code == ResultCode.SUCCESS:
        if state := account_state.state_of(result):
            text = f"the directory refuses the account of our certificate: {state}"
            raise DirectoryMisconfigured(Fault(text, "mend the account in the directory"))
        return
    error = codes.error(result, "the bind by our certificate")
    known = _WHERE_OUR_CERTIFICATE_FAILS.get(result.code)
    raise (
        error
        if known is None
        else DirectoryMisconfigured(Fault(f"{known.text}: {error.fault.text}", known.hint))
    )


class ServiceSearcher:
    """Searches as the service account over a pool of connections."""

    def __init__(
        self,
        servers: Servers,
        settings: DirectorySettings,
        account: ServiceAccountSettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._servers = servers
        self._timeout = settings.timeouts.operation
        self._ready = None if account.anonymous else ServiceAccount(account, clock).bind
        self._pool = Pool(self._connect, servers.is_left_alone, settings.pool.search, settings.pool)

    def _connect(self, deadline: Deadline) -> Connection:
        return self._servers.connect(deadline, self._ready)

    def search(self, query: Query, deadline: Deadline) -> Result:
        """Search; if an old connection turns out to be dead, search once more on a new one.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: The service account cannot bind.
        """
        part = deadline.within(self._timeout)
        reused = False
        try:
            with self._pool.lend(part) as connection:
                reused = connection.reused
                return connection.search(query, part)
        except DirectoryUnavailable:
            if not reused:
                raise
        with self._pool.lend(part, fresh=True) as connection:
            return connection.search(query, part)

    def search_all(self, query: Query, most: int) -> list[Entry]:
        """Search page by page (RFC 2696), beyond the limit that a server has for one answer.

        Each page may take the time of one operation. All pages use one connection, with which servers
        remember where the next page begins.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: There are more entries than `most`, or the answer is not whole.
        """
        found: list[Entry] = []
        cookie = b""
        with self._pool.lend(Deadline(self._timeout), fresh=True) as connection:
            while True:
                result = connection.search(query, Deadline(self._timeout), page=(_PAGE, cookie))
                if result.code != ResultCode.SUCCESS or result.referrals:
                    raise codes.error(result, f"the search under {query.base}")
                found += result.entries
                if len(found) > most:
                    text = f"more than {most} entries under {query.base}"
                    raise DirectoryMisconfigured(Fault(text, "choose narrower bases or filters"))
                cookie = result.cookie
                if not cookie:
                    return found

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()

    def ping(self, deadline: Deadline) -> None:
        """Read the root DSE (RFC 4512 §5.1); any answer shows that a server works.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: The service account cannot bind.
        """
        self.search(Query("", "base", ANYTHING, ("supportedLDAPVersion",)), deadline)
