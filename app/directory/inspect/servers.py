"""Inspects every server of a directory, and looks one person up at each."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from app.directory.directory import LdapDirectory
from app.directory.inspect.report import Inspected, ServerReport
from app.directory.inspect.server import inspect_server
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject
from app.errors import DirectoryUnavailable, Refusal, WharfingerError
from app.ldap.deadline import Deadline
from app.ldap.srv import SrvLookup, SrvName
from app.ldap.transport import Address


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A person, as one server knows them.

    Attributes:
        subject: Who was found; a text where nobody was, saying why.
        milliseconds: How long it took, groups included.
    """

    subject: DirectorySubject | str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class CheckedServer:
    """What was found at one server; without a lookup where nobody was to be looked up, or nobody could be."""

    report: ServerReport
    lookup: LookedUp | None

    @property
    def works(self) -> bool:
        """Whether every step went well, and the person was found."""
        return self.report.works and not (self.lookup and isinstance(self.lookup.subject, str))

    @property
    def warns(self) -> bool:
        """Whether anything is to be mended."""
        return any(step.fault is not None for step in self.report.steps)


def check_servers(directory: DirectorySettings, user: str | None, now: datetime) -> Iterator[CheckedServer]:
    """Inspect each server, and look a person up at those that work.

    Args:
        directory: The section of the configuration.
        user: Whom to look up, by a service account.
        now: The time (aware, UTC): certificates end.

    Raises:
        OSError: A certificate file cannot be read.
    """
    for place in directory.places():
        for address in _addresses(place, Deadline(directory.timeouts.connect)):
            if isinstance(address, ServerReport):
                yield CheckedServer(address, None)
                continue
            report = inspect_server(address, directory, Deadline(directory.timeouts.login), now)
            asks = report.works and directory.service_account is not None
            yield CheckedServer(
                report, _look_up(_alone(directory, address), user) if asks and user is not None else None
            )


def _addresses(place: Address | SrvName, deadline: Deadline) -> Sequence[Address | ServerReport]:
    """Return the servers at a place; or a report that says why DNS names none."""
    if isinstance(place, Address):
        return [place]
    start = time.monotonic()
    try:
        return SrvLookup(place).addresses(deadline)
    except DirectoryUnavailable as error:
        step = Inspected("SRV records", (time.monotonic() - start) * 1000, fault=error.fault)
        return [ServerReport(str(place), steps=[step])]


def _alone(directory: DirectorySettings, address: Address) -> DirectorySettings:
    """Return the settings of one server alone, under the name that its certificate must have."""
    tls = directory.tls.model_copy(update={"server_name": address.server_name or None, "srv_hosts": False})
    return directory.model_copy(update={"servers": (str(address),), "tls": tls})


def servers_with_other_groups(servers: Iterable[CheckedServer]) -> list[str]:
    """Return the servers that know other groups of the person than the first one that knows the person."""
    known = [
        (server.report.server, frozenset(group.dn for group in server.lookup.subject.groups))
        for server in servers
        if server.lookup is not None and isinstance(server.lookup.subject, DirectorySubject)
    ]
    return [server for server, groups in known[1:] if groups != known[0][1]]


def _look_up(directory: DirectorySettings, user: str) -> LookedUp:
    start = time.monotonic()
    try:
        with closing(LdapDirectory(directory)) as one:
            found = one.look_up(user)
    except WharfingerError as error:
        subject: DirectorySubject | str = error.detail or error.message
    else:
        subject = (found.detail or found.message) if isinstance(found, Refusal) else found
    return LookedUp(subject, (time.monotonic() - start) * 1000)
