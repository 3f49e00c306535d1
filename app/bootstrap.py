"""The composition root: settings become objects. The only module that knows every class."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.directory.ldap import LdapDirectory
from app.errors import ConfigurationError, Problem
from app.keys.keyring import KeyRing
from app.keys.live import LiveKeys
from app.login.login import Login
from app.login.shield import Shield
from app.protocol.claims import Lifetimes
from app.protocol.request import Limits
from app.rules import load as rules_file
from app.rules.model import RuleSet
from app.settings import LimitSettings, RealmSettings, ServerSettings, Settings
from app.telemetry.audit import AuditStream
from app.telemetry.log import RequestLog
from app.telemetry.metrics import KeysMetrics, RequestMetrics
from app.telemetry.record import AuditedRecorder, Recorder
from app.tokens.issue import Issuer, Realm
from app.watch import LastGood, Watcher

_log = logging.getLogger("wharfinger")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the web is made of.

    Attributes:
        server: How the server is reached.
        body_bytes: The longest body of a request.
        issuers: By realm.
        directories: By realm.
        keys: By realm.
    """

    server: ServerSettings
    body_bytes: int
    default_realm: str
    issuers: Mapping[str, Issuer]
    directories: Mapping[str, LdapDirectory]
    keys: Mapping[str, LiveKeys] = field(default_factory=dict)

    def follow(self) -> None:
        """Keep up with the keys, in a process that answers nothing and from which others are forked."""
        for keys in self.keys.values():
            try:
                keys.refresh()
            except Exception:  # noqa: BLE001 - it must not end the process that keeps all others running
                _log.exception("a fault of the token server", extra={"what": keys.name})

    def watch(self) -> Watcher:
        """Catch up with the files, and watch them from now on: once in each process that answers."""
        watched: list[LastGood[Any]] = [*self.keys.values()]
        for realm, keys in self.keys.items():
            keys.catch_up()
            _tell_keys(KeysMetrics(realm), keys)
        watcher = Watcher(watched)
        watcher.start()
        return watcher


def build(settings: Settings) -> Parts:
    """Make everything; connects to nothing yet, so that the process may fork afterwards.

    Raises:
        ConfigurationError: Rules, keys or certificates cannot be used; carries every problem of every realm.
    """
    to = settings.audit.to
    recorder = AuditedRecorder(
        AuditStream(to if isinstance(to, Path) else None), RequestLog(), RequestMetrics()
    )
    problems: list[Problem] = []
    issuers: dict[str, Issuer] = {}
    directories: dict[str, LdapDirectory] = {}
    keys: dict[str, LiveKeys] = {}
    for name, section in settings.realms.items():
        try:
            issuers[name], directories[name], keys[name] = _build_realm(
                name, section, settings.limits, recorder
            )
        except ConfigurationError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigurationError(problems)
    return Parts(
        settings.server, settings.limits.body_bytes, settings.default_realm, issuers, directories, keys
    )


def utc_now() -> datetime:
    """Give the time (aware, UTC)."""
    return datetime.now(UTC)


def _build_realm(
    name: str, section: RealmSettings, limits: LimitSettings, recorder: Recorder
) -> tuple[Issuer, LdapDirectory, LiveKeys]:
    rules, keys, directory = _load(name, section)
    realm = Realm(
        name=name,
        issuer=section.issuer,
        services=section.key_services(),
        password_grant=section.password_grant,
        lifetimes=Lifetimes(**section.lifetimes.model_dump()),
        limits=Limits(**limits.model_dump(exclude={"token_bytes", "body_bytes"})),
        max_token_bytes=limits.token_bytes,
        tells_issued_at=section.issued_at,
        rules=rules,
        keys=keys,
        login=Login(Shield(directory, section.shield, clock=time.monotonic, sleep=time.sleep)),
    )
    return Issuer(realm, recorder, utc_now), directory, keys


def _tell_keys(told: KeysMetrics, keys: LiveKeys) -> None:
    """Have the metrics and the log follow keys."""

    def tell(_: LastGood[KeyRing]) -> None:
        key = keys.current.active
        told.read(key.rfc7638, key.certificates[0].not_valid_after_utc, faulty=keys.fault is not None)
        keys.log_warnings()

    keys.subscribe(tell)


def _load(name: str, section: RealmSettings) -> tuple[RuleSet, LiveKeys, LdapDirectory]:
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
        keys = LiveKeys(name, section.keys, section.key_services(), utc_now)
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
