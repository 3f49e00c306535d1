"""Which server: the configured ones in order, past those that have just failed."""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from app.directory.connection import Address, Connection, Deadline
from app.directory.presets import Kind
from app.directory.settings import DirectorySettings, TlsSettings
from app.errors import DirectoryUnavailable

_FAILURES_TO_OPEN = 3
_OPEN_FOR = timedelta(seconds=10)
_log = logging.getLogger("wharfinger.directory")


class Breaker:
    """Spares a server that failed three times in a row, for ten seconds."""

    def __init__(self) -> None:
        self._failures = 0
        self._closed_again = 0.0

    def is_open(self, now: float) -> bool:
        """Tell whether the server is to be left alone at a moment of the monotonic clock."""
        return now < self._closed_again

    def note(self, *, worked: bool, now: float) -> None:
        """Take note of how a connection attempt ended."""
        self._failures = 0 if worked else self._failures + 1
        if self._failures >= _FAILURES_TO_OPEN:
            self._closed_again = now + _OPEN_FOR.total_seconds()


class Servers:
    """The servers of one directory."""

    def __init__(self, addresses: Sequence[Address], connect_timeout: timedelta) -> None:
        self.addresses = tuple(addresses)
        self._connect_timeout = connect_timeout
        self._breakers = {address: Breaker() for address in self.addresses}
        self._lock = threading.Lock()

    def connect(self, deadline: Deadline) -> Connection:
        """Connect to the first server that lets us.

        Raises:
            DirectoryUnavailable: None does; names what was wrong with each.
        """
        faults = []
        for address in self.addresses:
            if self._breakers[address].is_open(time.monotonic()):
                faults.append(f"{address}: left alone after repeated failures")
                continue
            try:
                connection = Connection(address, deadline.within(self._connect_timeout))
            except DirectoryUnavailable as error:
                faults.append(str(error))
                self._note(address, worked=False)
                _log.warning("directory server failed", extra={"server": str(address), "detail": str(error)})
            else:
                self._note(address, worked=True)
                return connection
        raise DirectoryUnavailable("; ".join(faults))

    def _note(self, address: Address, *, worked: bool) -> None:
        with self._lock:
            self._breakers[address].note(worked=worked, now=time.monotonic())


def addresses(settings: DirectorySettings) -> tuple[Address, ...]:
    """Give the configured servers, sharing one TLS context.

    Raises:
        OSError: A certificate file cannot be read.
    """
    urls = [urlsplit(server) for server in settings.servers]
    wants_tls = settings.start_tls or any(url.scheme == "ldaps" for url in urls)
    context = tls_context(settings.tls) if wants_tls else None
    return tuple(
        Address(
            host=url.hostname or "",
            port=url.port or (636 if url.scheme == "ldaps" else 389),
            ldaps=url.scheme == "ldaps",
            start_tls=settings.start_tls,
            server_name=settings.tls.server_name or url.hostname or "",
            context=context,
            domain_scope=settings.kind is Kind.ACTIVE_DIRECTORY,
        )
        for url in urls
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
        context.load_cert_chain(settings.client_cert, settings.client_key)
    return context
