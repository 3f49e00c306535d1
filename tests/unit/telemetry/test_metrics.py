"""The metrics."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY

from app.telemetry.metrics import RequestMetrics, exposition
from app.telemetry.record import ISSUED, Timings, TokenRecord


def _value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def _record(realm: str, **known: object) -> None:
    fields = {"outcome": ISSUED, "address": "192.0.2.1"} | known
    RequestMetrics().record(TokenRecord(datetime(2026, 6, 1, tzinfo=UTC), "id", realm, **fields))  # type: ignore[arg-type]


def test_requests_are_counted_by_how_they_ended() -> None:
    """The realm and the outcome are the labels."""
    _record("counted")
    _record("counted")
    _record("counted", outcome="wrong_credentials")
    assert _value("wharfinger_token_requests_total", realm="counted", outcome="issued") == 2
    assert _value("wharfinger_token_requests_total", realm="counted", outcome="wrong_credentials") == 1


def test_times_are_observed_in_seconds() -> None:
    """A login that was not reached is not observed."""
    _record("timed", milliseconds=Timings(login=200, all=250))
    _record("timed", milliseconds=Timings(all=50))
    assert _value("wharfinger_token_request_seconds_sum", realm="timed") == pytest.approx(0.3)
    assert _value("wharfinger_login_seconds_count", realm="timed") == 1


def test_scopes_are_counted_by_what_became_of_them() -> None:
    """Granted whole, in part, not at all, or outside the grammar."""
    _record(
        "scoped",
        asked=("repository:a:pull", "repository:b:pull,push", "repository:c:pull"),
        granted=("repository:a:pull", "repository:b:pull"),
        scopes_dropped=("x", "y"),
    )
    found = {result: _value("wharfinger_scopes_total", realm="scoped", result=result) for result in
             ("granted", "reduced", "refused", "malformed")}  # fmt: skip
    assert found == {"granted": 1, "reduced": 1, "refused": 1, "malformed": 2}


def test_nothing_that_a_client_chooses_is_a_label() -> None:
    """Subjects, repositories and agents stand nowhere in what is exposed."""
    _record(
        "quiet",
        subject="marked-subject",
        username="marked-name",
        user_agent="marked-agent",
        client="marked-client",
        asked=("repository:marked-repository:pull",),
    )
    assert b"marked" not in exposition()


def test_what_was_kept_from_the_directory_is_counted_by_why() -> None:
    """Only refusals that the directory was not asked about."""
    for spared in ("account_budget", "", "account_budget"):
        _record("spared", outcome="too_many_failures", spared=spared)
    assert _value("wharfinger_logins_spared_total", realm="spared", reason="account_budget") == 2
