"""The instruments themselves: what the taps count is what was sent."""

from __future__ import annotations

import requests

from tests.support.counting import Cost, Meter, Seen
from tests.support.newcomers import Newcomer
from tests.support.server import SERVICE, Server


def test_a_login_by_both_methods_is_counted(meter: Meter, server: Server, stranger: Newcomer) -> None:
    """Over one connection, which the client keeps; the second login is remembered."""
    form = {"grant_type": "password", "username": stranger.name, "password": stranger.password}
    with meter.measure() as seen, requests.Session() as session:
        session.post(meter.realm, data=form | {"service": SERVICE}, timeout=15).raise_for_status()
        session.get(meter.realm, auth=(stranger.name, stranger.password), timeout=15).raise_for_status()
    assert seen.requests == ("GET 200", "POST 200")
    assert seen.logins == (stranger.dn,)
    assert {server.verified(each.token)["sub"] for each in seen.exchanges} == {stranger.name}


def test_a_refused_login_is_counted(meter: Meter, stranger: Newcomer) -> None:
    """There is no token, and the directory was asked."""
    with meter.measure() as seen:
        requests.get(meter.realm, auth=(stranger.name, "mistyped"), timeout=15)
    assert [(each.name, each.token) for each in seen.exchanges] == [("GET 401", "")]
    assert seen.logins == (stranger.dn,)


def test_what_is_public_asks_no_directory(meter: Meter) -> None:
    """Nor does the service account count as a login."""
    with meter.measure() as seen:
        requests.get(meter.realm, params={"scope": "repository:base/hello:pull"}, timeout=15)
    assert (seen.requests, seen.logins) == (("GET 200",), ())


def test_a_cost_is_met_by_nothing_else() -> None:
    """One request or login more or fewer is another cost, but where a client runs a race."""
    cost = Cost(("GET 200", "GET 200"), 1)
    two = Seen(logins=("a",))
    assert not cost.covers(two)
    assert Cost((), 1).covers(two)
    assert Cost(("GET 200", "GET 200"), 1, least=0).covers(two)
    assert not Cost((), 0).covers(two)
