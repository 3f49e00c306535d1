"""Prometheus metrics: every name and label, in one place (docs/reference/metrics.md).

Labels come from the configuration and from closed lists of words; never a subject, a repository or anything
else that a client can choose.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from app.errors import Code
from app.telemetry import METRICS_FOLDER_VARIABLE, metrics_file
from app.telemetry.record import ISSUED, TokenRecord

metrics_file.install()

CONTENT_TYPE = CONTENT_TYPE_LATEST
_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter(
    "wharfinger_token_requests", "Requests to the token endpoint, by how they ended", ["realm", "outcome"]
)
REQUEST_SECONDS = Histogram(
    "wharfinger_token_request_seconds",
    "Time to answer a request to the token endpoint",
    ["realm"],
    buckets=_BUCKETS,
)
LOGIN_SECONDS = Histogram(
    "wharfinger_login_seconds",
    "Time to check credentials, from memory or by the directory",
    ["realm"],
    buckets=_BUCKETS,
)
SCOPES = Counter("wharfinger_scopes", "Scopes asked for, by what became of them", ["realm", "result"])

SPARED = Counter(
    "wharfinger_logins_spared",
    "Refused logins that the directory was not asked about, by why",
    ["realm", "reason"],
)
STATE_FAULTS = Counter(
    "wharfinger_state_faults", "Times that the shared state could not be used in time", ["realm"]
)
DENIALS_DROPPED = Counter(
    "wharfinger_denials_dropped", "Refusals that people were told and that could not be kept"
)
STATE_CLOCK = Gauge(
    "wharfinger_state_clock_difference_seconds",
    "How far the clocks of this server and of PostgreSQL are apart",
    multiprocess_mode="livemax",
)

AUDIT_FAILING = Gauge(
    "wharfinger_audit_failing",
    "Whether the last line of the audit stream could not be written",
    multiprocess_mode="livemostrecent",
)

RULES_PROCESSES = Gauge(
    "wharfinger_rules_processes",
    "Processes that decide by this version of the rules",
    ["realm", "version"],
    multiprocess_mode="livesum",
)
RULES_FAULTY = Gauge(
    "wharfinger_rules_faulty",
    "Whether the files of the rules cannot be used, so that the last good ones are in force",
    ["realm", "rules"],
    multiprocess_mode="livemax",
)
RULES_READ = Counter(
    "wharfinger_rules_read",
    "Times that a process read rules, when it started and when they changed",
    ["realm", "rules", "result"],
)
FILES_LOOKED = Gauge(
    "wharfinger_files_looked_timestamp_seconds",
    "When the process that looked longest ago last looked at the files, in seconds since the epoch",
    ["realm", "files"],
    multiprocess_mode="livemin",
)
CANDIDATE_DIFFERENCES = Counter(
    "wharfinger_candidate_differences",
    "Requests of which the candidate rules would grant more or less",
    ["realm", "kind"],
)


def looked(realm: str, files: str, now: float) -> None:
    """Note that a look at files has ended: at those of the `rules`, of the `candidate` rules, or the `keys`.

    Args:
        realm: Whose files they are.
        files: Which.
        now: Seconds since the epoch.
    """
    FILES_LOOKED.labels(realm, files).set(now)


class RulesMetrics:
    """Reports which rules this process has."""

    def __init__(self, realm: str, rules: str) -> None:
        """Begin without a version; `rules` is `live` or `candidate`."""
        self._realm, self._rules, self._version = realm, rules, ""

    def read(self, version: str, *, faulty: bool) -> None:
        """Note that the files were read, and which version is in force now; an empty version is none."""
        if self._version and self._version != version:
            RULES_PROCESSES.labels(self._realm, self._version).set(0)
        if version and self._rules == "live":
            RULES_PROCESSES.labels(self._realm, version).set(1)
        self._version = version
        RULES_FAULTY.labels(self._realm, self._rules).set(int(faulty))
        RULES_READ.labels(self._realm, self._rules, "fault" if faulty else "good").inc()


KEY_PROCESSES = Gauge(
    "wharfinger_key_processes",
    "Processes of which this is the active key, by its RFC 7638 id",
    ["realm", "key_id"],
    multiprocess_mode="livesum",
)
KEYS_FAULTY = Gauge(
    "wharfinger_keys_faulty",
    "Whether the keys folder cannot be used, so that the last good keys are in force",
    ["realm"],
    multiprocess_mode="livemax",
)
KEY_EXPIRY = Gauge(
    "wharfinger_key_certificate_expiry_timestamp_seconds",
    "When the certificate of the active key expires, in seconds since the epoch",
    ["realm"],
    multiprocess_mode="livemin",
)


class KeysMetrics:
    """Reports which keys this process has."""

    def __init__(self, realm: str) -> None:
        """Begin without a key."""
        self._realm, self._active = realm, ""

    def read(self, active: str, expires: datetime, *, faulty: bool) -> None:
        """Note that the folder was read, and which key is active now.

        Args:
            active: The id of the active key.
            expires: When its certificate expires.
            faulty: Whether the folder cannot be used as it is, so that the last good keys are in force.
        """
        if self._active and self._active != active:
            KEY_PROCESSES.labels(self._realm, self._active).set(0)
        self._active = active
        KEY_PROCESSES.labels(self._realm, active).set(1)
        KEYS_FAULTY.labels(self._realm).set(int(faulty))
        KEY_EXPIRY.labels(self._realm).set(expires.timestamp())


# looked up once for each of the few combinations of labels
_REQUESTS = functools.cache(REQUESTS.labels)
_REQUEST_SECONDS = functools.cache(REQUEST_SECONDS.labels)
_LOGIN_SECONDS = functools.cache(LOGIN_SECONDS.labels)
_SCOPES = functools.cache(SCOPES.labels)


_RESULTS = ("granted", "reduced", "refused", "malformed")
_KINDS = ("gained", "lost")


def begin(realm: str, reasons: Iterable[str], *, has_candidate: bool) -> None:
    """Begin every count of a realm with 0: what has never happened has no increase when it first does.

    Args:
        realm: Its name.
        reasons: Why a refused login may be spared the directory.
        has_candidate: Whether it has candidate rules.
    """
    for outcome in (ISSUED, *Code):
        _REQUESTS(realm, outcome)
    for histogram in (_REQUEST_SECONDS, _LOGIN_SECONDS):
        histogram(realm)
    for result in _RESULTS:
        _SCOPES(realm, result)
    for reason in reasons:
        SPARED.labels(realm, reason)
    STATE_FAULTS.labels(realm)
    for rules in ("live", "candidate") if has_candidate else ("live",):
        for result in ("good", "fault"):
            RULES_READ.labels(realm, rules, result)
    for kind in _KINDS if has_candidate else ():
        CANDIDATE_DIFFERENCES.labels(realm, kind)


class RequestMetrics:
    """Counts requests."""

    def record(self, record: TokenRecord) -> None:
        """Count one."""
        _REQUESTS(record.realm, record.outcome).inc()
        _REQUEST_SECONDS(record.realm).observe(record.milliseconds.all / 1000)
        if record.milliseconds.login:
            _LOGIN_SECONDS(record.realm).observe(record.milliseconds.login / 1000)
        if record.spared:
            SPARED.labels(record.realm, record.spared).inc()
        granted = {(entry.type, entry.name): entry.actions for entry in record.granted}
        for scope in record.asked:
            actions = granted.get((scope.type, scope.name), ())
            result = "refused" if not actions else "granted" if scope.actions.issubset(actions) else "reduced"
            _SCOPES(record.realm, result).inc()
        if record.scopes_dropped:
            SCOPES.labels(record.realm, "malformed").inc(len(record.scopes_dropped))
        if record.candidate is not None:
            for kind in _KINDS:
                CANDIDATE_DIFFERENCES.labels(record.realm, kind).inc(bool(getattr(record.candidate, kind)))


def exposition() -> bytes:
    """Return the metrics of all processes of this server in Prometheus's text format."""
    if METRICS_FOLDER_VARIABLE not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    registry.register(_Present())
    return generate_latest(registry)


class _Present:
    """Collects from all processes, leaving out versions of rules that no process has any more."""

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        of_all = MultiProcessCollector(None)  # type: ignore[no-untyped-call]  # the library leaves it bare
        for metric in of_all.collect():  # type: ignore[no-untyped-call]  # as above
            if metric.name == "wharfinger_rules_processes":
                metric.samples = [sample for sample in metric.samples if sample.value]
            yield metric
