"""Inspects one server: host name, connection, TLS, root entry, service account, and what it holds.

No person's password is sent. The service account's is sent once, and again only after it was right.
"""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from app.directory.account_settings import ServiceAccountSettings
from app.directory.inspect import content
from app.directory.inspect.report import Inspected, ServerReport, Tls
from app.directory.presets import DirectoryKind
from app.directory.service_account import ServiceAccount
from app.directory.settings import DirectorySettings
from app.errors import DirectoryError, DirectoryUnavailable, Fault
from app.expiry import ends_soon
from app.ldap import certificates, codes, faults, oids
from app.ldap.answers import Entry
from app.ldap.certificates import Certificate
from app.ldap.codes import ResultCode
from app.ldap.connection import Connection
from app.ldap.deadline import Deadline
from app.ldap.filters import ANYTHING
from app.ldap.requests import Query
from app.ldap.resolver import Resolver
from app.ldap.transport import Address, endpoints_of

_ROOT_ATTRIBUTES = (
    "vendorName",
    "vendorVersion",
    "supportedCapabilities",
    "supportedExtension",
    content.SUBSCHEMA,
)

_ACCOUNT = "service account"


class _Stopped(Exception):  # noqa: N818 - not an error: the step that failed is in the report
    """The further steps would fail too."""


def inspect_server(
    address: Address, settings: DirectorySettings, deadline: Deadline, now: datetime
) -> ServerReport:
    """Inspect one server: host name, connection, TLS, root DSE, service account, bases and filters.

    Args:
        address: Of the server (`servers.addresses`).
        settings: Of the directory.
        deadline: Of the whole inspection.
        now: The time (aware), by which a certificate ends soon.
    """
    report = ServerReport(str(address))
    with contextlib.suppress(_Stopped):
        _Inspection(report, settings, deadline).run(address, now)
    return report


class _Inspection:
    def __init__(self, report: ServerReport, settings: DirectorySettings, deadline: Deadline) -> None:
        self._report, self._settings, self._deadline = report, settings, deadline
        self._resolver = Resolver()

    def run(self, address: Address, now: datetime) -> None:
        """Take the steps, until one fails that the others need."""
        self._inspect_our_certificate(now)
        with self._step("name"):
            self._resolve(address)
        start = time.monotonic()
        try:
            part = self._deadline.within(self._settings.timeouts.connect)
            connection = Connection(address, self._resolver, part)
        except DirectoryUnavailable as error:
            self._report.tls = self._unverified(address)
            self._add("connection", start, fault=error.fault)
            raise _Stopped from None
        with contextlib.closing(connection):
            self._add("connection", start)
            self._inspect_tls(connection, now)
            root = self._inspect_root(address, None)
            if self._settings.service_account is not None:
                account = ServiceAccount(self._settings.service_account)
                self._inspect_account(account, self._settings.service_account, connection)
                if root is None:
                    root = self._inspect_root(address, account)
                self._inspect_content(connection, root, now)

    def _resolve(self, address: Address) -> None:
        try:
            endpoints = endpoints_of(address, self._resolver, self._deadline)
        except OSError as error:
            raise DirectoryUnavailable(faults.of_connecting(error)) from None
        self._report.endpoints = () if address.socket else tuple(str(where[0]) for *_, where in endpoints)

    def _inspect_tls(self, connection: Connection, now: datetime) -> None:
        tls = connection.tls
        if tls is None:
            return
        start = time.monotonic()
        cipher = tls.cipher()
        certificate = certificates.read(tls.getpeercert(binary_form=True) or b"")
        self._report.tls = Tls(tls.version() or "", cipher[0] if cipher else "", certificate)
        self._inspect_end("certificate", start, "its certificate", certificate, now)

    def _inspect_our_certificate(self, now: datetime) -> None:
        start = time.monotonic()
        if (file := self._settings.tls.client_cert) is not None:
            self._inspect_end("our certificate", start, "tls.client_cert", certificates.read_file(file), now)

    def _inspect_end(
        self, step: str, start: float, what: str, certificate: Certificate | None, now: datetime
    ) -> None:
        """Warn of a certificate that ends soon."""
        if certificate is not None and ends_soon(certificate.not_after, now):
            days = (certificate.not_after - now).days
            fault = Fault(f"{what} ends in {days} days", "renew it, and then reload the server")
            self._add(step, start, fault=fault, is_fatal=False)

    def _inspect_root(self, address: Address, account: ServiceAccount | None) -> Entry | None:
        """Inspect the root DSE (RFC 4512 §5.1) over a connection of its own; return it, or None.

        Some servers let nobody read it without a bind, and close the connection: that is no fault of theirs.

        Args:
            address: Of the server.
            account: Reads it; None to read it without a bind.
        """
        start = time.monotonic()
        try:
            entry = self._read_root(address, account)
        except DirectoryError as error:
            if account is not None:
                fault = Fault(f"it cannot be read: {error.fault.text}", "let the service account read it")
                self._add("root entry", start, fault=fault, is_fatal=False)
            return None
        vendor = " ".join(entry.texts("vendorName") + entry.texts("vendorVersion"))
        is_ad = oids.ACTIVE_DIRECTORY in entry.texts("supportedCapabilities")
        unfit = None
        if is_ad is not (self._settings.kind is DirectoryKind.ACTIVE_DIRECTORY):
            says = "says that it is Active Directory" if is_ad else "does not say that it is Active Directory"
            unfit = Fault(f"it {says}, and kind is {self._settings.kind}", "set directory.kind")
        elif address.is_in_clear and oids.START_TLS in entry.texts("supportedExtension"):
            unfit = Fault("passwords go to it in clear, and it could start TLS", "set start_tls: true")
        detail = vendor or ("Active Directory" if is_ad else "")
        self._add("root entry", start, detail, fault=unfit, is_fatal=False)
        return entry

    def _read_root(self, address: Address, account: ServiceAccount | None) -> Entry:
        with contextlib.closing(Connection(address, self._resolver, self._part())) as connection:
            if account is not None:
                account.bind(connection, self._part())
            result = connection.search(Query("", "base", ANYTHING, _ROOT_ATTRIBUTES), self._part())
        if result.code != ResultCode.SUCCESS:
            raise codes.error(result, "reading the root entry")
        if not result.entries:
            raise DirectoryUnavailable("the server returns none")
        return result.entries[0]

    def _inspect_account(
        self, account: ServiceAccount, settings: ServiceAccountSettings, connection: Connection
    ) -> None:
        start = time.monotonic()
        with self._step(_ACCOUNT, adds=False):
            account.bind(connection, self._part())
        self._add(_ACCOUNT, start, str(settings))

    def _inspect_content(self, connection: Connection, root: Entry | None, now: datetime) -> None:
        for name, check in content.checks(self._settings, root, now):
            start = time.monotonic()
            with self._step(name, adds=False):
                fault = check(lambda query: connection.search(query, self._part()))
            self._add(name, start, fault=fault, is_fatal=False)

    def _unverified(self, address: Address) -> Tls | None:
        """Return the certificate that could not be verified; no password is sent to the server."""
        if address.context is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the certificate is only read: the connection is closed at once
        try:
            connection = Connection(replace(address, context=context), self._resolver, self._part())
        except DirectoryUnavailable:
            return None
        with contextlib.closing(connection):
            shown = connection.tls.getpeercert(binary_form=True) if connection.tls is not None else None
            return Tls("", "", certificates.read(shown or b""))

    def _part(self) -> Deadline:
        return self._deadline.within(self._settings.timeouts.operation)

    @contextlib.contextmanager
    def _step(self, name: str, *, adds: bool = True) -> Iterator[None]:
        start = time.monotonic()
        try:
            yield
        except DirectoryError as error:
            self._add(name, start, fault=error.fault)
            raise _Stopped from None
        if adds:
            self._add(name, start)

    def _add(
        self, name: str, start: float, detail: str = "", *, fault: Fault | None = None, is_fatal: bool = True
    ) -> None:
        milliseconds = (time.monotonic() - start) * 1000
        self._report.steps.append(Inspected(name, milliseconds, detail, fault, is_fatal))
