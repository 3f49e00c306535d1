"""Servers that DNS names by SRV records (RFC 2782), which say where passwords go.

DNS is believed about addresses alone: a server's certificate must have the name of the domain that the
configuration names (RFC 6125 §6.2.1), or, where that is allowed, the name of a host below that domain.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from app.errors import DirectoryUnavailable, Fault
from app.ldap.deadline import Deadline
from app.ldap.transport import Address

if TYPE_CHECKING:
    from dns.resolver import Resolver

_SHORTEST, _LONGEST = 10.0, 3600.0
"""Seconds for which records are kept, whatever they say themselves."""
_PATIENCE, _STALE_PATIENCE = timedelta(seconds=3), timedelta(seconds=0.5)
"""How long to wait for DNS; and where former records are known."""
_PAUSE_SECONDS = 5.0
"""For how long nobody asks again where there has never been an answer."""
_MOST = 64
_log = logging.getLogger("wharfinger.directory")


class Record(NamedTuple):
    """One SRV record."""

    priority: int
    weight: int
    port: int
    target: str


class Answer(NamedTuple):
    """The records of a name, and for how many seconds they are good."""

    records: Sequence[Record]
    seconds: float


class _Known(NamedTuple):
    """Where the servers are, and until when that holds (monotonic seconds)."""

    addresses: tuple[Address, ...]
    until: float


LookUp = Callable[[str, float], Answer]
"""Gets a name, and how many seconds the answer may take; raises DirectoryUnavailable."""


@dataclass(frozen=True, slots=True)
class SrvName:
    """A name whose SRV records say where the servers are.

    Attributes:
        name: Such as `_ldap._tcp.corp.example.com`.
        pattern: What all of them have in common; its certificate name is the domain's, or the configured one.
        names_hosts: Whether the certificate of each has the name of its host, which lies below the domain.
    """

    name: str
    pattern: Address
    names_hosts: bool

    @property
    def domain(self) -> str:
        """The domain that the records are about."""
        return domain_of(self.name)

    def address(self, host: str, port: int) -> Address | None:
        """Return the address of a host that DNS names; None where it lies elsewhere and has to lie here."""
        if not self.names_hosts:
            return replace(self.pattern, host=host, port=port)
        is_here = host == self.domain or host.endswith(f".{self.domain}")
        return replace(self.pattern, host=host, port=port, server_name=host) if is_here else None

    def __str__(self) -> str:
        """Return it as the configuration has it."""
        return f"srv:{self.name}"


def domain_of(name: str) -> str:
    """Return the domain of `_service._proto.domain` (RFC 2782)."""
    return name.split(".", 2)[-1].lower()


class SrvLookup:
    """Knows where the servers of a name are; asks DNS again when the records are too old."""

    def __init__(
        self,
        name: SrvName,
        look_up: LookUp | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        choose: Callable[[int, int], int] = random.randint,
    ) -> None:
        """Ask nothing yet.

        Args:
            name: Whose records.
            look_up: Asks DNS; by default as the system is configured.
            clock: Monotonic seconds.
            choose: Returns a random number from one to another, both included.
        """
        self._name, self._look_up = name, look_up or SystemDns().look_up
        self._clock, self._choose = clock, choose
        self._lock = threading.Lock()
        self._known: _Known | None = None
        self._failed: tuple[Fault, float] | None = None
        """What DNS said instead of a first answer, and until when it is not asked again."""

    def __str__(self) -> str:
        """Return the name as the configuration has it."""
        return str(self._name)

    def addresses(self, deadline: Deadline) -> tuple[Address, ...]:
        """Return where the servers are, in the order in which they are to be asked.

        Former answers are used while DNS gives none.

        Raises:
            DirectoryUnavailable: DNS names none, or does not answer in time.
        """
        known = self._fresh()
        if known is not None:
            return known
        former = self._known
        patience = _STALE_PATIENCE if former is not None else _PATIENCE
        part = deadline.within(patience)
        if not self._lock.acquire(timeout=part.remaining()):
            if former is not None:
                return former.addresses
            raise DirectoryUnavailable(Fault("DNS does not answer in time"))
        try:
            known = self._fresh()
            return self._ask(former, part.remaining()) if known is None else known
        finally:
            self._lock.release()

    def _fresh(self) -> tuple[Address, ...] | None:
        """Return what is known and not too old; None where DNS has to be asked.

        Raises:
            DirectoryUnavailable: DNS named none a short while ago.
        """
        known = self._known
        if known is not None and self._clock() < known.until:
            return known.addresses
        if self._failed is not None and self._clock() < self._failed[1]:
            raise DirectoryUnavailable(self._failed[0])
        return None

    def _ask(self, former: _Known | None, seconds: float) -> tuple[Address, ...]:
        try:
            answer = self._look_up(self._name.name, seconds)
            found = tuple(self._usable(in_order(answer.records, self._choose)))
        except DirectoryUnavailable as error:
            if former is None:
                self._failed = error.fault, self._clock() + _PAUSE_SECONDS
                raise
            _log.warning(
                "the records of a name of the directory cannot be read; the former ones are used",
                extra={"server": str(self._name), "detail": str(error.fault)},
            )
            found, lifetime = former.addresses, _SHORTEST
        else:
            lifetime = min(max(answer.seconds, _SHORTEST), _LONGEST)
        self._known, self._failed = _Known(found, self._clock() + lifetime), None
        return found

    def _usable(self, records: Iterable[Record]) -> Iterator[Address]:
        """Yield the addresses of records that may be believed.

        Raises:
            DirectoryUnavailable: There is none.
        """
        outside, any_is_usable = "", False
        for record in records:
            host = record.target.removesuffix(".").lower()
            address = self._name.address(host, record.port) if host and record.port else None
            if address is not None:
                any_is_usable = True
                yield address
            elif host:
                outside = host
        if not any_is_usable and outside:
            hint = "with tls.srv_hosts, hosts lie below the domain; name such servers by ldaps://HOST"
            raise DirectoryUnavailable(Fault(f"DNS names {outside}, which is not below the domain", hint))
        if not any_is_usable:
            raise DirectoryUnavailable(Fault("DNS says that there is no such service"))


def in_order(records: Iterable[Record], choose: Callable[[int, int], int]) -> Iterator[Record]:
    """Yield records by priority, and within one by chance according to their weights (RFC 2782)."""
    left = sorted(records, key=lambda record: record[:2])[:_MOST]
    while left:
        same = [record for record in left if record.priority == left[0].priority]
        mark, total = choose(0, sum(record.weight for record in same)), 0
        for record in same:
            total += record.weight
            if total >= mark:
                left.remove(record)
                yield record
                break


class SystemDns:
    """Asks DNS as the system is configured; nothing is read before the first question."""

    def __init__(self, make: Callable[[], Resolver] | None = None) -> None:
        self._make = make
        self._resolver: Resolver | None = None

    def look_up(self, name: str, seconds: float) -> Answer:
        """Return the records of a name.

        Raises:
            DirectoryUnavailable: There are none, or DNS does not answer in time.
        """
        from dns import exception, resolver  # noqa: PLC0415 - few configurations need it

        try:
            if self._resolver is None:
                self._resolver = self._make() if self._make is not None else resolver.Resolver()
            found = self._resolver.resolve(f"{name.removesuffix('.')}.", "SRV", lifetime=seconds)
        except exception.DNSException as error:
            hint = "check the name, and the DNS of this machine; or name the servers by ldaps://HOST"
            text = " ".join(str(error).split()) or type(error).__name__
            raise DirectoryUnavailable(Fault(f"DNS has no servers: {text}", hint)) from None
        records = [Record(one.priority, one.weight, one.port, one.target.to_text()) for one in found]
        return Answer(records, found.rrset.ttl if found.rrset is not None else 0.0)
