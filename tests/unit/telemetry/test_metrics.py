"""The metrics."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY

from app.errors import Code
from app.login.budget import Spared
from app.telemetry.metrics import STATE_FAULTS, RequestMetrics, RulesMetrics, begin, exposition, looked
from app.telemetry.record import CandidateDifference, Timings
from tests.support.records import access, client, scopes, token_record


def _value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def _record(realm: str, **known: object) -> None:
    RequestMetrics().record(token_record(realm=realm, **known))


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
        asked=scopes("repository:a:pull", "repository:b:pull,push", "repository:c:pull"),
        granted=access("repository:a:pull", "repository:b:pull"),
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
        client=client(name="marked-client", user_agent="marked-agent"),
        asked=scopes("repository:marked-repository:pull"),
    )
    assert b"marked" not in exposition()


def test_a_version_that_no_process_has_is_not_counted() -> None:
    """Of the versions of a realm's rules the process has one at a time; a fault is told, and its end."""
    told = RulesMetrics("rolled", "live")
    told.read("v1", faulty=False)
    told.read("v2", faulty=False)
    told.read("v2", faulty=True)
    value = REGISTRY.get_sample_value
    processes, faulty, read = (
        "wharfinger_rules_processes",
        "wharfinger_rules_faulty",
        "wharfinger_rules_read_total",
    )
    assert [value(processes, {"realm": "rolled", "version": v}) for v in ("v1", "v2")] == [0, 1]
    assert value(faulty, {"realm": "rolled", "rules": "live"}) == 1
    labels = {"realm": "rolled", "rules": "live"}
    assert [value(read, {**labels, "result": r}) for r in ("good", "fault")] == [2, 1]


def test_each_look_at_files_is_dated() -> None:
    """By realm and by what was looked at: a look that hangs leaves the date of the last one."""
    for files, now in (("rules", 10.0), ("keys", 20.0), ("rules", 30.0)):
        looked("seen", files, now)
    values = {
        files: REGISTRY.get_sample_value(
            "wharfinger_files_looked_timestamp_seconds", {"realm": "seen", "files": files}
        )
        for files in ("rules", "keys")
    }
    assert values == {"rules": 30.0, "keys": 20.0}


def test_candidate_rules_count_no_processes() -> None:
    """Nobody decides by them; nor do those that could not be read yet have a version."""
    told = RulesMetrics("tried", "candidate")
    told.read("", faulty=True)
    told.read("v1", faulty=False)
    labels = {"realm": "tried", "version": "v1"}
    assert REGISTRY.get_sample_value("wharfinger_rules_processes", labels) is None
    assert REGISTRY.get_sample_value("wharfinger_rules_faulty", {"realm": "tried", "rules": "candidate"}) == 0


@pytest.mark.parametrize(
    ("gained", "lost"),
    [
        ((), ()),
        (("repository:a:pull",), ()),
        (("repository:x:pull",), ("repository:y:pull", "repository:z:pull")),
    ],
)
def test_differences_of_candidate_rules_are_counted_by_kind(
    gained: tuple[str, ...], lost: tuple[str, ...]
) -> None:
    """A request counts once as gained and once as lost, whatever the number of scopes; or as neither."""
    realm = f"candidate-{len(gained)}-{len(lost)}"
    _record(realm, candidate=CandidateDifference("v2", access(*gained), access(*lost)))
    counted = [
        _value("wharfinger_candidate_differences_total", realm=realm, kind=kind)
        for kind in ("gained", "lost")
    ]
    assert counted == [len(gained[:1]), len(lost[:1])]


def _series(realm: str) -> set[str]:
    return {line for line in exposition().decode().splitlines() if f'realm="{realm}"' in line}


def test_every_count_of_a_realm_begins_with_0() -> None:
    """So an alert sees the first error: nothing that is recorded later is a series that was not there."""
    for realm, has_candidate in (("begun", False), ("begun-too", True)):
        begin(realm, Spared, has_candidate=has_candidate)
        begun = {line.rpartition(" ")[0] for line in _series(realm)}
        assert all(line.endswith(" 0.0") for line in _series(realm) if "_created" not in line)
        for outcome in ("issued", *Code):
            difference = CandidateDifference("v", access("repository:a:pull")) if has_candidate else None
            _record(realm, outcome=outcome, candidate=difference, milliseconds=Timings(login=1, all=2))
        for spared in Spared:
            _record(realm, outcome="too_many_failures", spared=spared)
        _record(realm, asked=scopes("repository:a:pull", "repository:b:pull,push", "repository:c:pull"))
        _record(realm, asked=scopes("repository:a:pull"), granted=access("repository:a:pull"))
        _record(realm, asked=scopes("repository:a:pull,push"), granted=access("repository:a:pull"))
        _record(realm, scopes_dropped=("x",))
        STATE_FAULTS.labels(realm).inc()
        assert {line.rpartition(" ")[0] for line in _series(realm)} == begun


def test_what_was_kept_from_the_directory_is_counted_by_why() -> None:
    """Only refusals that the directory was not asked about."""
    for spared in ("account_budget", "", "account_budget"):
        _record("spared", outcome="too_many_failures", spared=spared)
    assert _value("wharfinger_logins_spared_total", realm="spared", reason="account_budget") == 2
