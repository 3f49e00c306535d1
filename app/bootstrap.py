"""The composition root: settings become objects. The only module that knows every class."""

from __future__ import annotations

import functools
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.directory.ldap import LdapDirectory
from app.errors import ConfigurationError, Problem
from app.keys import keyring
from app.keys.keyring import KeyRing
from app.keys.kid import KeyId
from app.login.attempt import Tagger
from app.login.failures import FailureMemory, Failures
from app.login.fallback import SharedFailures
from app.login.ledger import ProcessLedger
from app.login.login import Login
from app.login.shield import Shield
from app.protocol.claims import Lifetimes
from app.protocol.request import Limits
from app.rules import load as rules_file
from app.rules.model import RuleSet
from app.settings import LimitSettings, RealmSettings, ServerSettings, Settings
from app.state.shared import SharedState
from app.telemetry import metrics
from app.telemetry.audit import AuditStream
from app.telemetry.log import RequestLog
from app.telemetry.metrics import RequestMetrics
from app.telemetry.record import AuditedRecorder, Recorder
from app.tokens.issue import Issuer, Realm, Service


@dataclass(frozen=True, slots=True)
class Parts:
    """What the web is made of.

    Attributes:
        server: How the server is reached.
        body_bytes: The longest body of a request.
        issuers: By realm.
        directories: By realm.
        state: What the processes of all servers share; None where each is alone.
    """

    server: ServerSettings
    body_bytes: int
    default_realm: str
    issuers: Mapping[str, Issuer]
    directories: Mapping[str, LdapDirectory]
    state: SharedState | None = None


def build(settings: Settings) -> Parts:
    """Make everything; connects to nothing yet, so that the process may fork afterwards.

    Raises:
        ConfigurationError: Rules, keys or certificates cannot be used; carries every problem of every realm.
    """
    to = settings.audit.to
    recorder = AuditedRecorder(
        AuditStream(to if isinstance(to, Path) else None), RequestLog(), RequestMetrics()
    )
    state = SharedState(settings.state) if settings.state is not None else None
    problems: list[Problem] = []
    issuers: dict[str, Issuer] = {}
    directories: dict[str, LdapDirectory] = {}
    for name, section in settings.realms.items():
        try:
            issuers[name], directories[name] = _build_realm(name, section, settings.limits, recorder, state)
        except ConfigurationError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigurationError(problems)
    return Parts(
        settings.server, settings.limits.body_bytes, settings.default_realm, issuers, directories, state
    )


def utc_now() -> datetime:
    """Give the time (aware, UTC)."""
    return datetime.now(UTC)


def _build_realm(
    name: str,
    section: RealmSettings,
    limits: LimitSettings,
    recorder: Recorder,
    state: SharedState | None,
) -> tuple[Issuer, LdapDirectory]:
    rules, keys, directory = _load(name, section)
    realm = Realm(
        name=name,
        issuer=section.issuer,
        services={
            service: Service(KeyId.parse(shape.key_id), shape.x5c)
            for service, shape in section.services.items()
        },
        password_grant=section.password_grant,
        lifetimes=Lifetimes(**section.lifetimes.model_dump()),
        limits=Limits(**limits.model_dump(exclude={"token_bytes", "body_bytes"})),
        max_token_bytes=limits.token_bytes,
        tells_issued_at=section.issued_at,
        rules=rules,
        keys=keys,
        login=Login(_shield(name, section, directory, state)),
    )
    return Issuer(realm, recorder, utc_now), directory


def _shield(name: str, section: RealmSettings, directory: LdapDirectory, state: SharedState | None) -> Shield:
    return Shield(
        directory,
        section.shield,
        _failures(name, section, state),
        directory.name_of,
        login_timeout=section.directory.timeouts.login,
        clock=time.monotonic,
        sleep=time.sleep,
    )


def _failures(name: str, section: RealmSettings, state: SharedState | None) -> FailureMemory:
    limits = section.shield.limits(section.directory.timeouts.login)
    tagger = Tagger(secrets.token_bytes(32), name)
    own = Failures(ProcessLedger(), lambda: tagger, limits, time.time)
    if state is None:
        return own
    shared = Failures(state, functools.cache(lambda: Tagger(state.key(), name)), limits, time.time)
    on_fault = metrics.STATE_FAULTS.labels(name).inc
    return SharedFailures(shared, own, realm=name, on_fault=on_fault)


def _load(name: str, section: RealmSettings) -> tuple[RuleSet, KeyRing, LdapDirectory]:
    """Read the files of a realm: every problem of all of them at once.

    Raises:
        ConfigurationError: One of them cannot be used.
    """
    problems: list[Problem] = []
    try:
        rules = rules_file.load(section.rules, utc_now())
    except ConfigurationError as error:
        problems.extend(error.problems)
    try:
        keys = keyring.load(section.keys)
    except ConfigurationError as error:
        problems.extend(error.problems)
    try:
        directory = LdapDirectory(section.directory)
    except OSError as error:
        text = f"realm {name}: a certificate of directory.tls cannot be read: {error}"
        problems.append(Problem(str(section.directory.tls.ca_file or "directory.tls"), 0, 0, text))
    if problems:
        raise ConfigurationError(problems)
    return rules, keys, directory
