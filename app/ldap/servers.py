"""Which server: the configured ones in order, past those that have just failed."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from app.breaker import Breaker
from app.errors import DirectoryMisconfigured, DirectoryUnavailable
from app.ldap.connection import FAIR_SECONDS, Connection
from app.ldap.deadline import Deadline
from app.ldap.filters import ANYTHING, NO_ATTRIBUTES
from app.ldap.requests import Query
from app.ldap.resolver import Resolver
from app.ldap.settings import TlsSettings
from app.ldap.transport import Address

Ready = Callable[[Connection, Deadline], None]
_log = logging.getLogger("wharfinger.directory")
_FAILURES, _PAUSE = 3, timedelta(seconds=10)
"""After so many failures in a row nobody asks a server for so long."""


class Servers:
    """The servers of one directory, in order of preference.

    New connections go to the first server that is not left alone; those that there are stay where they are
    until they have lived long enough. So a server that works again gets its share back over the lifetime of
    connections, and nothing hops from one server to another at each request.
    """

    def __init__(
        self, addresses: Sequence[Address], connect_timeout: timedelta, resolver: Resolver | None = None
    ) -> None:
        self.addresses = tuple(addresses)
        self._connect_timeout = connect_timeout
        self._resolver = resolver or Resolver()
        self._breakers = {
            address: Breaker(failures=_FAILURES, pause=_PAUSE, trial=2 * connect_timeout)
            for address in self.addresses
        }

    def connect(self, deadline: Deadline, ready: Ready | None = None) -> Connection:
        """Connect to the first server that lets us.

        Args:
            deadline: Of the whole operation.
            ready: Makes a connection ready for use; a server with which that fails counts as one that failed.

        Raises:
            DirectoryUnavailable: None does; names what was wrong with each.
            DirectoryMisconfigured: `ready` found that out.
        """
        faults = []
        for address in self.addresses:
            if not self._breakers[address].admits(time.monotonic()):
                faults.append(f"{address}: left alone after repeated failures")
                continue
            granted = deadline.remaining()
            try:
                connection = self._open(address, deadline.within(self._connect_timeout), ready)
            except DirectoryUnavailable as error:
                faults.append(error.detail)
                if granted >= FAIR_SECONDS:
                    self._note(address, worked=False)
                _log.warning(
                    "directory server failed", extra={"server": str(address), "detail": error.detail}
                )
            else:
                return connection
        raise DirectoryUnavailable("; ".join(faults))

    def is_left_alone(self, connection: Connection) -> bool:
        """Tell whether a connection leads to a server that fails."""
        return self._breakers[connection.address].is_open

    def _open(self, address: Address, deadline: Deadline, ready: Ready | None) -> Connection:
        """Open a connection; that a server takes one is not yet a sign that it works."""
        connection = Connection(address, self._resolver, deadline)
        try:
            if self._breakers[address].is_open:
                _try_out(connection, deadline)  # before anybody's password goes there
            if ready is not None:
                ready(connection, deadline)
        except DirectoryMisconfigured:
            connection.close()
            self._note(address, worked=True)  # it answers
            raise
        except BaseException:
            connection.close()
            raise
        connection.watch = lambda worked: self._note(address, worked=worked)
        if ready is not None or self._breakers[address].is_open:
            connection.watch(True)  # noqa: FBT003 - the one thing that it is told
        return connection

    def _note(self, address: Address, *, worked: bool) -> None:
        if self._breakers[address].record(worked=worked, now=time.monotonic()):
            extra = {"server": str(address)}
            if worked:
                _log.info("directory server works again", extra=extra)
            else:
                _log.error("directory server left alone for 10 s after repeated failures", extra=extra)


def _try_out(connection: Connection, deadline: Deadline) -> None:
    """Read the root DSE (RFC 4512 §5.1); any answer will do."""
    connection.search(Query("", "base", ANYTHING, (NO_ATTRIBUTES,)), deadline)


def addresses(
    urls: Sequence[str], *, start_tls: bool, tls: TlsSettings, domain_scope: bool = False
) -> tuple[Address, ...]:
    """Return where the servers of some LDAP URLs are, sharing one TLS context.

    Args:
        urls: `ldap://host:port` or `ldaps://host:port`, the port left out where it is the usual one.
        start_tls: Whether `ldap://` goes on with TLS.
        tls: What is checked then.
        domain_scope: Whether searches ask for no referrals ([MS-ADTS] 3.1.1.3.4.1.4).

    Raises:
        OSError: A certificate file cannot be read.
    """
    parsed = [urlsplit(url) for url in urls]
    wants_tls = start_tls or any(url.scheme == "ldaps" for url in parsed)
    context = tls_context(tls) if wants_tls else None
    return tuple(
        Address(
            host=url.hostname or "",
            port=url.port or (636 if url.scheme == "ldaps" else 389),
            ldaps=url.scheme == "ldaps",
            start_tls=start_tls,
            server_name=tls.server_name or url.hostname or "",
            context=context,
            domain_scope=domain_scope,
        )
        for url in parsed
    )


def tls_context(settings: TlsSettings) -> ssl.SSLContext:
    """Make the one context that every connection uses: it verifies chain and name (RFC 6125).

    Raises:
        OSError: A certificate file cannot be read.
    """
    context = ssl.create_default_context(cafile=settings.ca_file)
    context.hostname_checks_common_name = False
    context.minimum_version = ssl.TLSVersion[settings.min_version.replace(".", "_")]
    if settings.client_cert is not None:
        context.load_cert_chain(settings.client_cert, settings.client_key, password=_no_password)
    return context


def _no_password() -> str:
    """Answer in the place of a prompt, at which a server would wait for ever."""
    raise OSError("the private key of directory.tls.client_key is encrypted: write one that is not")
