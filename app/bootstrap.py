"""The composition root: makes objects from settings. The only module that knows every class."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app import places
from app.directory.directory import LdapDirectory
from app.errors import ConfigurationError, Problem, StateUnavailable
from app.keys.keyring import KeyRing
from app.keys.live import LiveKeys
from app.keys.reader import Reader
from app.login.assembly import Stores, limiter
from app.login.budget import Spared
from app.login.login import Login
from app.login.robots import RobotLogin
from app.login.shield import Shield
from app.protocol.claims import Lifetimes
from app.protocol.request import RequestLimits
from app.rules.file.guard import Guard, WaitingRulesError
from app.rules.file.last_good_copy import LastGoodCopy
from app.rules.file.live import CandidateRules, LiveRules, candidate_rules
from app.rules.robot_names import RobotNames
from app.serving import unix_socket
from app.serving.settings import ServerSettings
from app.settings import LimitSettings, RealmSettings, Settings
from app.state.rows import DenialRow
from app.state.shared import SharedState
from app.state.write_behind import WriteBehind
from app.telemetry import metrics
from app.telemetry.audit import AuditStream
from app.telemetry.candidate import CandidateLog
from app.telemetry.metrics import KeysMetrics, RequestMetrics, RulesMetrics
from app.telemetry.record import AuditedRecorder, Recorder
from app.telemetry.request_log import RequestLog
from app.tokens.issue import Issuer
from app.tokens.kept_denials import DenialRecorder
from app.tokens.realm import Denials, Realm
from app.watch.last_good import LastGood
from app.watch.shared import SharedBytes
from app.watch.watcher import Watcher

_FINISH_SECONDS = 2.0
"""For how long a process that ends waits for what nobody waited for before."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the web is made of.

    Attributes:
        server: How the server is reached.
        body_bytes: The longest body of a request.
        issuers: By realm.
        directories: By realm.
        audit: Takes a line of every request.
        denials: Keeps what people were told; None where there is no state.
        keys: By realm.
        state: What the processes of all servers share; None where each is alone.
        rules: By realm.
        candidates: By realm, where one has such rules.
        told: By realm, the version of the rules that the audit stream was told of last.
    """

    server: ServerSettings
    body_bytes: int
    default_realm: str
    issuers: Mapping[str, Issuer]
    directories: Mapping[str, LdapDirectory]
    audit: AuditStream
    keys: Mapping[str, LiveKeys] = field(default_factory=dict)
    rules: Mapping[str, LiveRules] = field(default_factory=dict)
    candidates: Mapping[str, CandidateRules] = field(default_factory=dict)
    told: Mapping[str, SharedBytes] = field(default_factory=dict)
    state: SharedState | None = None
    denials: WriteBehind[DenialRow] | None = None

    def finish(self) -> None:
        """Write what is still to be written, at the end of a process that answered requests."""
        if self.denials is not None:
            self.denials.finish(_FINISH_SECONDS)

    def watch(self) -> Watcher:
        """Catch up with the files, and watch them from now on: once in each process that answers."""
        watched: list[LastGood[Any]] = [*self.rules.values(), *self.candidates.values(), *self.keys.values()]
        for realm, rules in self.rules.items():
            metrics.begin(realm, Spared, has_candidate=realm in self.candidates)
            _tell_rules(RulesMetrics(realm, "live"), rules)
            rules.tell_changes(functools.partial(_audit_rules, self.audit, realm, self.told[realm]))
        for realm, candidate in self.candidates.items():
            _tell_rules(RulesMetrics(realm, "candidate"), candidate)
        for realm, keys in self.keys.items():
            _tell_keys(KeysMetrics(realm), keys)
        watcher = Watcher(watched, looked=self._looked_at())
        watcher.start()
        return watcher

    def _looked_at(self) -> Callable[[LastGood[Any]], None]:
        """Have the metrics follow when files were looked at."""
        labels = {
            id(each): (realm, what)
            for what, watched in (("rules", self.rules), ("candidate", self.candidates), ("keys", self.keys))
            for realm, each in watched.items()
        }
        return lambda each: metrics.looked(*labels[id(each)], time.time())


def build(settings: Settings, *, serves: bool = False) -> Parts:
    """Make all objects. No connection is made yet, so that the process may fork afterwards.

    Args:
        settings: The configuration.
        serves: Whether this process, or those that it forks, will answer requests. Then copies of the last
            good rules are kept, and used where the rules themselves cannot be; and the keys have to be
            readable by the user of this process. Otherwise root asks for the owner of their folder. The
            file of the audit stream is made.

    Raises:
        ConfigurationError: Rules, keys, certificates or the audit stream cannot be used; carries every
            problem of every realm.
    """
    problems = [*_problems_of_socket(settings.server)]
    to = settings.audit.to
    audit = AuditStream(to if isinstance(to, Path) else None, utc_now, metrics.AUDIT_FAILING.set)
    problems += _check(audit, to) if serves else places.problems(settings)
    stores = Stores.of(settings.state, metrics.STATE_CLOCK.set)
    recorders: list[Recorder] = [RequestLog(), RequestMetrics(), CandidateLog()]
    denials = None
    if stores.shared is not None:
        denials = WriteBehind(stores.shared.keep_denials, metrics.DENIALS_DROPPED.inc)
        recorders.append(DenialRecorder(denials.put))
    recorder = AuditedRecorder(audit, *recorders)
    loaded: dict[str, _Loaded] = {}
    for name, section in settings.realms.items():
        try:
            loaded[name] = _load(name, section, settings, stores.shared, serves=serves)
        except ConfigurationError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigurationError(problems)
    return Parts(
        server=settings.server,
        body_bytes=settings.limits.body_bytes,
        default_realm=settings.default_realm,
        audit=audit,
        issuers={
            name: Issuer(_realm(name, settings.realms[name], settings.limits, of, stores), recorder, utc_now)
            for name, of in loaded.items()
        },
        directories={name: of.directory for name, of in loaded.items()},
        state=stores.shared,
        denials=denials,
        keys={name: of.keys for name, of in loaded.items()},
        rules={name: of.rules for name, of in loaded.items()},
        told={name: SharedBytes("wharfinger-told") for name in loaded},
        candidates={name: of.candidate for name, of in loaded.items() if of.candidate is not None},
    )


def _problems_of_socket(server: ServerSettings) -> Sequence[Problem]:
    """Return what keeps the Unix socket from being given to its group."""
    if server.socket is not None and server.socket_group is not None:
        try:
            unix_socket.group_id(server.socket_group)
        except ConfigurationError as error:
            return error.problems
    return ()


def directory(realm: str, section: RealmSettings) -> LdapDirectory:
    """Make a realm's directory; connects to nothing yet.

    Raises:
        ConfigurationError: A certificate cannot be read.
    """
    try:
        return LdapDirectory(section.directory, RobotNames(section.robot_prefix))
    except OSError as error:
        text = f"realm {realm}: a certificate of directory.tls cannot be read: {error}"
        file = str(section.directory.tls.ca_file or "directory.tls")
        raise ConfigurationError([Problem.of_file(file, text)]) from error


def utc_now() -> datetime:
    """Return the time (aware, UTC)."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What the files of a realm hold."""

    rules: LiveRules
    candidate: CandidateRules | None
    keys: LiveKeys
    directory: LdapDirectory


def _check(audit: AuditStream, to: object) -> list[Problem]:
    """Return what is wrong with the audit stream of a server that starts."""
    try:
        audit.check()
    except OSError as error:
        text = f"the audit stream cannot be written there: {error.strerror}"
        return [Problem.of_file(str(to), text, "without it no token would be issued")]
    return []


def _realm(name: str, section: RealmSettings, limits: LimitSettings, of: _Loaded, stores: Stores) -> Realm:
    return Realm(
        name=name,
        issuer=section.issuer,
        services=section.key_services(),
        password_grant=section.password_grant,
        lifetimes=Lifetimes(**section.lifetimes.model_dump()),
        limits=RequestLimits(**limits.model_dump(exclude={"token_bytes", "body_bytes"})),
        max_token_bytes=limits.token_bytes,
        tells_issued_at=section.issued_at,
        rules=of.rules,
        keys=of.keys,
        login=Login(
            (RobotLogin(RobotNames(section.robot_prefix)), _shield(name, section, of.directory, stores))
        ),
        candidate=of.candidate,
        denials=Denials(section.silent_services(), section.denials.name_groups),
    )


def _shield(name: str, section: RealmSettings, directory: LdapDirectory, stores: Stores) -> Shield:
    login_timeout = section.directory.timeouts.login
    return Shield(
        directory,
        section.shield,
        limiter(name, section.shield, login_timeout, stores, metrics.STATE_FAULTS.labels(name).inc),
        login_timeout=login_timeout,
        clock=time.monotonic,
        sleep=time.sleep,
    )


def last_good_copy(settings: Settings, realm: str) -> LastGoodCopy | None:
    """Return where the last good rules of a realm are kept; None where they are not."""
    if settings.last_good is None:
        return None
    return LastGoodCopy(settings.last_good / f"{realm}.rules", settings.realms[realm].rules)


def _tell_rules(told: RulesMetrics, rules: LastGood[Any]) -> None:
    """Report every reading of rules in the metrics."""

    def version() -> str:
        return "" if rules.current is None else str(rules.current.version)

    rules.subscribe(lambda each: told.read(version(), faulty=each.fault is not None))


def _audit_rules(audit: AuditStream, realm: str, told: SharedBytes, numbers: Mapping[str, object]) -> None:
    """Tell the audit stream of other rules, once for all processes."""
    version = str(numbers["rules_version"]).encode()
    if told.swap(version) != version:
        audit.tell_rules(realm, numbers)


def _tell_keys(told: KeysMetrics, keys: LiveKeys) -> None:
    """Report every reading of keys in the metrics and the log."""

    def tell(_: LastGood[KeyRing]) -> None:
        key = keys.current.active
        told.read(key.rfc7638, key.certificates[0].not_valid_after_utc, faulty=keys.fault is not None)
        keys.log_warnings()

    keys.subscribe(tell)


def check_guard(settings: Settings, parts: Parts) -> None:
    """Check that no rules wait to be accepted, as far as this machine knows which are in force.

    Raises:
        ConfigurationError: Some do.
    """
    problems: list[Problem] = []
    for name, section in settings.realms.items():
        guard, copy = _guard(name, section, parts.state), last_good_copy(settings, name)
        before = copy.read() if guard is not None and copy is not None else None
        if guard is not None and before is not None:
            try:
                guard.check(section.rules, before, parts.rules[name].current)
            except WaitingRulesError as error:
                problems.extend(error.problems)
    if problems:
        raise ConfigurationError(problems)


def _guard(name: str, section: RealmSettings, shared: SharedState | None) -> Guard | None:
    if section.rules_guard is None or shared is None:
        return None

    def is_accepted(version: str) -> bool:
        try:
            return shared.has_accepted_rules(name, version)
        except StateUnavailable:  # whoever uses the state says so
            return False

    return Guard(section.rules_guard, is_accepted)


def _load(
    name: str, section: RealmSettings, settings: Settings, shared: SharedState | None, *, serves: bool
) -> _Loaded:
    """Read the files of a realm: every problem of all of them at once.

    Raises:
        ConfigurationError: One of them cannot be used.
    """
    copy = last_good_copy(settings, name) if serves else None
    guard = _guard(name, section, shared)
    reader = Reader.of_process() if serves else None
    problems: list[Problem] = []
    try:
        rules = LiveRules(name, section.rules, utc_now, copy, guard)
    except ConfigurationError as error:
        problems.extend(error.problems)
    try:
        keys = LiveKeys(name, section.keys, section.key_services(), utc_now, reader=reader)
    except ConfigurationError as error:
        problems.extend(error.problems)
    try:
        realm_directory = directory(name, section)
    except ConfigurationError as error:
        problems.extend(error.problems)
    if problems:
        raise ConfigurationError(problems)
    candidate = section.candidate_rules
    return _Loaded(
        rules,
        candidate_rules(name, candidate, utc_now) if candidate is not None else None,
        keys,
        realm_directory,
    )
