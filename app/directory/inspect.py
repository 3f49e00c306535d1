"""Inspects one server step by step, for an operator who sets a directory up: what works, and what to change.

No person's password is sent, and the service account's at most once.
"""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from app.directory import schema
from app.directory.presets import DirectoryKind
from app.directory.service_account import ServiceAccount
from app.directory.settings import DirectorySettings
from app.errors import DirectoryError, DirectoryUnavailable, Fault
from app.ldap import certificates, codes, faults, oids
from app.ldap.answers import Entry
from app.ldap.certificates import Certificate
from app.ldap.codes import ResultCode
from app.ldap.connection import Connection
from app.ldap.deadline import Deadline
from app.ldap.filters import ANYTHING, NO_ATTRIBUTES
from app.ldap.requests import Query
from app.ldap.resolver import Resolver
from app.ldap.transport import Address

_SOON = timedelta(days=30)
_SUBSCHEMA = "subschemaSubentry"
_SHOW_SCHEMA = "let the service account read the root entry and the schema that it names"
_ROOT_ATTRIBUTES = ("vendorName", "vendorVersion", "supportedCapabilities", "supportedExtension", _SUBSCHEMA)


@dataclass(frozen=True, slots=True)
class Tls:
    """How a server speaks TLS; version and cipher are empty where the handshake failed."""

    version: str
    cipher: str
    certificate: Certificate | None


@dataclass(frozen=True, slots=True)
class Inspected:
    """One step of an inspection.

    Attributes:
        name: What was inspected.
        milliseconds: How long that took.
        detail: What was found; may be empty.
        fault: What is wrong, and what to change; None where nothing is.
        is_fatal: Whether nobody can log in because of the fault.
    """

    name: str
    milliseconds: float
    detail: str = ""
    fault: Fault | None = None
    is_fatal: bool = True


@dataclass(slots=True)
class ServerReport:
    """The result of one inspection; the steps after one with a fatal fault are missing.

    Attributes:
        server: Its URL.
        endpoints: The addresses of its host name.
        tls: None for a server without TLS.
        steps: In the order in which they were taken.
    """

    server: str
    endpoints: tuple[str, ...] = ()
    tls: Tls | None = None
    steps: list[Inspected] = field(default_factory=list)

    @property
    def works(self) -> bool:
        """Whether people can log in with it."""
        return not any(step.fault is not None and step.is_fatal for step in self.steps)


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
                with self._step("service account"):
                    account.bind(connection, self._part())
                if root is None:
                    root = self._inspect_root(address, account)
                self._inspect_attributes(connection, root)
                self._inspect_bases(connection)

    def _resolve(self, address: Address) -> None:
        try:
            endpoints = self._resolver.resolve(address.host, address.port, self._deadline)
        except OSError as error:
            raise DirectoryUnavailable(faults.of_connecting(error)) from None
        self._report.endpoints = tuple(str(where[0]) for *_, where in endpoints)

    def _inspect_tls(self, connection: Connection, now: datetime) -> None:
        tls = connection.tls
        if tls is None:
            return
        start = time.monotonic()
        cipher = tls.cipher()
        certificate = certificates.read(tls.getpeercert(binary_form=True) or b"")
        self._report.tls = Tls(tls.version() or "", cipher[0] if cipher else "", certificate)
        if certificate is not None and certificate.not_after - now < _SOON:
            days = (certificate.not_after - now).days
            fault = Fault(f"its certificate ends in {days} days", "renew it, and then reload the server")
            self._add("certificate", start, fault=fault, is_fatal=False)

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
        elif not (address.ldaps or address.start_tls) and oids.START_TLS in entry.texts("supportedExtension"):
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

    def _inspect_attributes(self, connection: Connection, root: Entry | None) -> None:
        """Inspect whether the server knows the attributes of the configuration.

        Args:
            connection: Bound as the service account.
            root: The root DSE; None where it cannot be read.
        """
        start = time.monotonic()
        subschema = next(iter(root.texts(_SUBSCHEMA)), "") if root is not None else ""
        if not subschema:
            fault = Fault("not checked: no root entry says where the schema is", _SHOW_SCHEMA)
            self._add("attributes", start, fault=fault, is_fatal=False)
            return
        with self._step("attributes", adds=False):
            query = Query(subschema, "base", schema.SUBSCHEMA, (schema.DEFINITIONS,))
            entries = connection.search(query, self._part()).entries
        known = schema.known(text for entry in entries for text in entry.texts(schema.DEFINITIONS))
        unfit = None
        if not known:
            unfit = Fault("not checked: the service account cannot read the schema", _SHOW_SCHEMA)
        elif unknown := schema.unknown(self._settings, known):
            named = ", ".join(f"{attribute} ({key})" for key, attribute in unknown)
            hint = "correct the names in the configuration: a filter with such a name matches nothing"
            unfit = Fault(f"it knows no attribute {named}", hint)
        self._add("attributes", start, fault=unfit, is_fatal=False)

    def _inspect_bases(self, connection: Connection) -> None:
        users, groups = self._settings.users, self._settings.groups
        places = [("people", base, users.scope, users.filter, "users") for base in users.bases]
        if groups.strategy != "none":
            places += [("groups", base, groups.scope, groups.filter, "groups") for base in groups.bases]
        for what, base, scope, configured, section in places:
            start = time.monotonic()
            with self._step(f"{what} under {base}", adds=False):
                query = Query(base, scope, configured or ANYTHING, (NO_ATTRIBUTES,), 1)
                result = connection.search(query, self._part())
                if result.code not in (ResultCode.SUCCESS, ResultCode.SIZE_LIMIT_EXCEEDED):
                    raise codes.error(result, f"the search for {what}")
            fault = None
            if not result.entries:
                hint = f"check directory.{section}.filter and .bases, and what the service account may read"
                fault = Fault(f"the filter {configured!r} matches nothing there", hint)
            self._add(f"{what} under {base}", start, fault=fault, is_fatal=False)

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
