"""Servers that DNS names: in which order, for how long, and which names are believed."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from app.errors import DirectoryUnavailable, Fault
from app.ldap.deadline import Deadline
from app.ldap.srv import Answer, Record, SrvLookup, SrvName, in_order
from app.ldap.transport import Address
from tests.support.dns import dns_server

NAME = "_ldaps._tcp.corp.example.com"
DOMAIN = "corp.example.com"
PATTERN = Address(host=DOMAIN, port=636, ldaps=True, start_tls=False, server_name=DOMAIN, context=None)


def _name(*, names_hosts: bool = False) -> SrvName:
    return SrvName(NAME, PATTERN, names_hosts)


@dataclass(slots=True)
class Dns:
    """What DNS says now, and how often it was asked."""

    records: list[Record]
    seconds: float = 30.0
    fault: Fault | None = None
    asked: list[float] = field(default_factory=list)

    def look_up(self, name: str, seconds: float) -> Answer:
        """Answer."""
        assert name == NAME
        self.asked.append(seconds)
        if self.fault is not None:
            raise DirectoryUnavailable(self.fault)
        return Answer(self.records, self.seconds)


def _deadline() -> Deadline:
    return Deadline(timedelta(seconds=5))


def _hosts(lookup: SrvLookup) -> list[str]:
    return [each.host for each in lookup.addresses(_deadline())]


def test_a_lower_priority_number_comes_first() -> None:
    """Whatever the weights are."""
    records = [Record(20, 100, 636, "c."), Record(10, 0, 636, "a."), Record(10, 0, 636, "b.")]
    assert [each.target for each in in_order(records, lambda low, _: low)][2] == "c."


def test_a_greater_weight_comes_first_more_often() -> None:
    """In proportion; one of weight 0 nearly never (RFC 2782)."""
    records = [Record(0, 10, 636, "a."), Record(0, 30, 636, "b."), Record(0, 0, 636, "c.")]
    chance = random.Random(1)  # noqa: S311 - the same in each run
    first = Counter(next(in_order(records, chance.randint)).target for _ in range(4000))
    assert 2700 < first["b."] < 3100
    assert first["c."] < 200
    assert all(len(list(in_order(records, chance.randint))) == 3 for _ in range(100))


def test_the_certificate_has_the_name_of_the_domain() -> None:
    """DNS is believed about addresses alone."""
    lookup = SrvLookup(_name(), Dns([Record(0, 0, 6360, "DC1.elsewhere.example.")]).look_up)
    (address,) = lookup.addresses(_deadline())
    assert (address.host, address.port) == ("dc1.elsewhere.example", 6360)
    assert address.server_name == DOMAIN


def test_the_certificate_has_the_name_of_a_host_below_the_domain_where_that_is_allowed() -> None:
    """What lies elsewhere is left out: whoever forges DNS has a certificate of their own host."""
    records = [
        Record(0, 0, 636, "dc1.corp.example.com."),
        Record(1, 0, 636, "evilcorp.example.com."),
        Record(2, 0, 636, "corp.example.com.evil.example."),
    ]
    lookup = SrvLookup(_name(names_hosts=True), Dns(records).look_up)
    assert [each.server_name for each in lookup.addresses(_deadline())] == ["dc1.corp.example.com"]
    outside = SrvLookup(_name(names_hosts=True), Dns(records[1:]).look_up)
    with pytest.raises(DirectoryUnavailable, match="which is not below the domain"):
        outside.addresses(_deadline())


def test_a_service_that_is_not_offered_is_told() -> None:
    """The target `.` (RFC 2782)."""
    with pytest.raises(DirectoryUnavailable, match="no such service"):
        SrvLookup(_name(), Dns([Record(0, 0, 0, ".")]).look_up).addresses(_deadline())


@pytest.mark.parametrize(("ttl", "kept"), [(0, 10), (30, 30), (86400, 3600)])
def test_records_are_asked_for_again_when_they_are_too_old(ttl: float, kept: float) -> None:
    """Not more often than every ten seconds, and at least once an hour."""
    dns, now = Dns([Record(0, 0, 636, "a.")], seconds=ttl), [0.0]
    lookup = SrvLookup(_name(), dns.look_up, clock=lambda: now[0])
    assert _hosts(lookup) == ["a"]
    now[0] = kept - 0.1
    dns.records = [Record(0, 0, 636, "b.")]
    assert _hosts(lookup) == ["a"]
    now[0] = kept
    assert _hosts(lookup) == ["b"]
    assert len(dns.asked) == 2


def test_former_records_are_used_while_dns_gives_none() -> None:
    """It is asked again after ten seconds, and not waited for long; without former ones it is a fault."""
    dns, now = Dns([Record(0, 0, 636, "a.")]), [0.0]
    lookup = SrvLookup(_name(), dns.look_up, clock=lambda: now[0])
    assert _hosts(lookup) == ["a"]
    dns.fault, now[0] = Fault("DNS is away"), 30.0
    assert _hosts(lookup) == _hosts(lookup) == ["a"]
    assert len(dns.asked) == 2
    assert dns.asked[1] <= 0.5
    dns.fault, dns.records, now[0] = None, [Record(0, 0, 636, "b.")], 40.0
    assert _hosts(lookup) == ["b"]
    with pytest.raises(DirectoryUnavailable, match="DNS is away"):
        SrvLookup(_name(), Dns([], fault=Fault("DNS is away")).look_up).addresses(_deadline())


def test_dns_that_has_never_answered_is_not_asked_by_each_login() -> None:
    """It is left alone for five seconds, so that nobody waits for it again and again."""
    dns, now = Dns([Record(0, 0, 636, "a.")], fault=Fault("DNS is away")), [0.0]
    lookup = SrvLookup(_name(), dns.look_up, clock=lambda: now[0])
    for _ in range(3):
        with pytest.raises(DirectoryUnavailable, match="DNS is away"):
            lookup.addresses(_deadline())
    assert len(dns.asked) == 1
    dns.fault, now[0] = None, 5.0
    assert _hosts(lookup) == ["a"]


def test_dns_is_asked_over_the_network() -> None:
    """By a real query; a name that there is not is a fault with what to do."""
    with dns_server(NAME, ["5 0 636 dc1.corp.example.com."], ttl=7) as look_up:
        assert look_up(NAME, 5) == Answer([Record(5, 0, 636, "dc1.corp.example.com.")], 7)
        with pytest.raises(DirectoryUnavailable, match=r"does not exist.*or name the servers by ldaps"):
            look_up("_ldap._tcp.nowhere.example.com", 5)
