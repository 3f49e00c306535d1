"""Which server is asked: the configured ones in order, without those that keep failing."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from urllib.parse import SplitResult, unquote, urlsplit

from app.breaker import Breaker
from app.errors import DirectoryMisconfigured, DirectoryUnavailable, Fault
from app.ldap.connection import FAIR_SECONDS, Connection
from app.ldap.deadline import Deadline
from app.ldap.resolver import Resolver
from app.ldap.settings import TlsSettings
from app.ldap.srv import LookUp, SrvLookup, SrvName, domain_of
from app.ldap.transport import Address
from app.tls import verifying_context

Ready = Callable[[Connection, Deadline], None]
_log = logging.getLogger("wharfinger.directory")
_FAILURES, _PAUSE = 3, timedelta(seconds=10)
"""After so many failures in a row nobody asks a server for so long."""
_MOST_BREAKERS = 1000
_LEFT_ALONE = Fault("left alone after repeated failures")


class Servers:
    """The servers of one directory, in order of preference.

    A new connection goes to the first server whose breaker is closed. A connection stays at its server for
    its lifetime, so a server that works again gets its share back within one lifetime, and requests do not
    hop from server to server.

    A server whose breaker is open is tried by the next bind that somebody needs anyway. Nothing else is asked
    first: what a server lets nobody do without a bind (reading its root DSE) says nothing about binds.
    """

    def __init__(
        self,
        places: Sequence[Address | SrvName],
        *,
        connect_timeout: timedelta,
        operation_timeout: timedelta,
        clock: Callable[[], float] = time.monotonic,
        look_up: LookUp | None = None,
    ) -> None:
        """Connect to nothing yet.

        Args:
            places: In order of preference.
            connect_timeout: For a connection that is ready for use.
            operation_timeout: For one operation; the first one on a connection may be the trial of a server.
            clock: Monotonic, in seconds.
            look_up: Asks DNS for SRV records; by default as the system is configured.
        """
        self._places = [
            SrvLookup(place, look_up, clock=clock) if isinstance(place, SrvName) else place
            for place in places
        ]
        self._connect_timeout, self._clock = connect_timeout, clock
        self._resolver = Resolver()
        self._trial = connect_timeout + operation_timeout
        self._breakers: dict[Address, Breaker] = {}

    def connect(self, deadline: Deadline, ready: Ready | None = None) -> Connection:
        """Connect to the first server that works.

        Args:
            deadline: Of the whole operation.
            ready: Prepares a new connection for use. A server for which that fails has failed.

        Raises:
            DirectoryUnavailable: No server works; the fault says what is wrong with each.
            DirectoryMisconfigured: `ready` raised it.
        """
        failed: list[tuple[Address | SrvLookup, Fault]] = []
        for address in self._addresses(deadline, failed):
            if not self._breaker(address).admits(self._clock()):
                failed.append((address, _LEFT_ALONE))
                continue
            granted = deadline.remaining()
            try:
                connection = self._open(address, deadline.within(self._connect_timeout), ready)
            except DirectoryUnavailable as error:
                failed.append((address, error.fault))
                if granted >= FAIR_SECONDS:
                    self._note(address, worked=False)
                _log.warning(
                    "directory server failed", extra={"server": str(address), "detail": str(error.fault)}
                )
            else:
                return connection
        raise DirectoryUnavailable("; ".join(f"{address}: {fault}" for address, fault in failed))

    def is_left_alone(self, connection: Connection) -> bool:
        """Whether a connection leads to a server whose breaker is open."""
        return self._breaker(connection.address).is_open

    def _addresses(
        self, deadline: Deadline, failed: list[tuple[Address | SrvLookup, Fault]]
    ) -> Iterator[Address]:
        """Yield where the servers are, in order; names of which DNS says nothing have failed."""
        for place in self._places:
            if isinstance(place, Address):
                yield place
                continue
            try:
                found = place.addresses(deadline.within(self._connect_timeout))
            except DirectoryUnavailable as error:
                failed.append((place, error.fault))
                _log.warning(
                    "directory server failed", extra={"server": str(place), "detail": str(error.fault)}
                )
            else:
                yield from found

    def _breaker(self, address: Address) -> Breaker:
        """Return the breaker of a server; DNS may name new ones at any time."""
        breaker = self._breakers.get(address)
        if breaker is None:
            if len(self._breakers) >= _MOST_BREAKERS:
                self._breakers.clear()
            made = Breaker(failures=_FAILURES, pause=_PAUSE, trial=self._trial)
            breaker = self._breakers.setdefault(address, made)
        return breaker

    def _open(self, address: Address, deadline: Deadline, ready: Ready | None) -> Connection:
        """Open a connection and prepare it; that a server accepts one does not yet show that it works."""
        connection = Connection(address, self._resolver, deadline)
        try:
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
        if ready is not None:
            self._note(address, worked=True)
        return connection

    def _note(self, address: Address, *, worked: bool) -> None:
        if self._breaker(address).record(worked=worked, now=self._clock()):
            extra = {"server": str(address)}
            if worked:
                _log.info("directory server works again", extra=extra)
            else:
                _log.error("directory server left alone for 10 s after repeated failures", extra=extra)


def places(
    urls: Sequence[str], *, start_tls: bool, tls: TlsSettings, domain_scope: bool = False
) -> tuple[Address | SrvName, ...]:
    """Return where the servers of some LDAP URLs are, sharing one TLS context.

    Args:
        urls: `ldap://host:port` or `ldaps://host:port`, the port left out where it is the usual one,
            `ldapi://` with the percent-encoded path of a Unix socket, or `srv:` with the name of SRV records.
        start_tls: Whether TLS begins on `ldap://` with an operation of its own.
        tls: How certificates are checked.
        domain_scope: Whether searches ask for no referrals ([MS-ADTS] 3.1.1.3.4.1.4).

    Raises:
        OSError: A certificate file cannot be read.
    """
    wants_tls = start_tls or any(begins_with_tls(url) for url in urls)
    context = tls_context(tls) if wants_tls else None

    def address(url: str, host: str, port: int | None) -> Address:
        ldaps = begins_with_tls(url)
        return Address(
            host=host,
            port=port or (636 if ldaps else 389),
            ldaps=ldaps,
            start_tls=start_tls,
            server_name=tls.server_name or host,
            context=context,
            domain_scope=domain_scope,
        )

    def place(url: str) -> Address | SrvName:
        parsed = urlsplit(url)
        if parsed.scheme == "srv":
            pattern = address(url, domain_of(parsed.path), None)
            return SrvName(parsed.path, pattern, tls.srv_hosts)
        if parsed.scheme == "ldapi":
            return _local(parsed, domain_scope=domain_scope)
        return address(url, parsed.hostname or "", parsed.port)

    return tuple(map(place, urls))


def begins_with_tls(url: str) -> bool:
    """Whether connections to a server begin with TLS."""
    parsed = urlsplit(url)
    return parsed.scheme == "ldaps" or (parsed.scheme == "srv" and parsed.path.startswith("_ldaps."))


def _local(url: SplitResult, *, domain_scope: bool) -> Address:
    """Return the address of a Unix socket, which needs no TLS: nobody is on the way."""
    return Address(
        host="",
        port=0,
        ldaps=False,
        start_tls=False,
        server_name="",
        context=None,
        socket=unquote(url.netloc),
        domain_scope=domain_scope,
    )


def tls_context(settings: TlsSettings) -> ssl.SSLContext:
    """Make the context that all connections share.

    Raises:
        OSError: A certificate file cannot be read.
    """
    context = verifying_context(settings.ca_file)
    context.minimum_version = ssl.TLSVersion[settings.min_version.replace(".", "_")]
    if settings.client_cert is not None:
        context.load_cert_chain(settings.client_cert, settings.client_key, password=_no_password)
    return context


def _no_password() -> str:
    """Raise instead of asking at a terminal, where a server would wait for ever."""
    raise OSError("the private key of directory.tls.client_key is encrypted: write one that is not")
