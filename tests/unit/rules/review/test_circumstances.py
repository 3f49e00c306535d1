"""The requests that conditions tell apart."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network

from app.rules.conditions import Conditions, Holds, Network, Period, Service
from app.rules.review.circumstances import Circumstances
from tests.support.work import lines_run
from tests.unit.rules.given import NOW


def test_a_million_classes_are_not_listed_for_one() -> None:
    """Whoever asks for the requests of one service and one network gets them without a look at all others."""
    many = [
        Conditions(
            (
                Service(frozenset([f"s{number}"])),
                Network((ip_network((number << 16, 16)),)),
                Period(end=NOW + timedelta(days=number + 1)),
            )
        )
        for number in range(200)
    ]
    apart = Circumstances.of(many, NOW)
    found = list(apart.contexts([many[7]]))
    assert len(found) == 8
    assert all(many[7].check(None, one) is Holds.YES for one in found)
    assert lines_run(lambda: list(apart.contexts([many[7]]))) < 20_000
