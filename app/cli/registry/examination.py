"""The examination of a registry: its challenge, the address that it names, and what it makes of tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import click

from app.cli.registry.service import connection_of
from app.keys import keyring
from app.keys.algorithm import Algorithm, generate
from app.keys.certificate import self_signed
from app.keys.keyring import KeyRing
from app.keys.signing_key import KeyState, SigningKey
from app.protocol.claims import Lifetimes
from app.protocol.scope import Access, ResourceType
from app.registry.check import advice, realm
from app.registry.check.challenge import Challenge, clock_of, kind_of
from app.registry.check.diagnosis import Diagnosis, Known, diagnose
from app.registry.check.findings import Finding, Severity, Topic, shown
from app.registry.check.http import Answer
from app.registry.check.realm import PROBE, Get, Login
from app.registry.check.trials import Shape, Trial, Verdict, verdict
from app.registry.config.connection import Connection, RegistryKind
from app.settings import RealmSettings, Settings

_FARTHEST = timedelta(days=1)
_OK, _MOVED, _UNAUTHORIZED, _ERRORS = 200, 300, 401, 400


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says.

    Attributes:
        address: The registry's, without a slash at its end.
        realm: None is the default realm.
        service: None is what the registry says.
        kind: None is what the registry's answers tell.
        issuer: The registry's, as the administrator says; empty if not.
        url: Where clients reach the token endpoint, if that does not follow from the issuer.
        login: Whom a token is asked for; None is nobody.
    """

    address: str
    realm: str | None
    service: str | None
    kind: RegistryKind | None
    issuer: str
    url: str | None
    login: Login | None


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of it.

    Attributes:
        kind: None where nothing told it.
        connection: What both should agree on; None where it did not come to that.
        findings: The errors first.
    """

    address: str
    realm: str
    kind: RegistryKind | None
    connection: Connection | None
    findings: tuple[Finding, ...]


def examine(settings: Settings, asked: Asked, get: Get, clock: Callable[[], datetime]) -> Examined:
    """Examine a registry.

    Raises:
        ConfigurationError: The realm's keys cannot be used.
        Unreachable: The registry does not answer.
        click.UsageError: There is no such realm or service.
    """
    name = asked.realm or settings.default_realm
    answer = get(f"{asked.address}/v2/", {})
    now = clock()
    challenge = Challenge.parse(answer.headers.get("www-authenticate", ""))
    if challenge is None or answer.status != _UNAUTHORIZED:
        return Examined(asked.address, name, asked.kind, None, (_no_challenge(answer),))
    section, connection = connection_of(settings, name, _service(settings, asked, challenge), asked.url)
    known = Known(
        kind=asked.kind or kind_of(answer, challenge),
        service=challenge.service,
        realm=challenge.realm,
        said=asked.issuer,
        others=tuple(each.issuer for each in settings.realms.values()),
        clock=clock_of(answer) or now,
        now=now,
    )
    examiner = _Examiner(asked, get, section, connection, known, keyring.load(section.keys))
    found = sorted(examiner.findings(), key=lambda each: each.severity is Severity.WARNING)
    return Examined(asked.address, name, known.kind, connection, tuple(found))


def _no_challenge(answer: Answer) -> Finding:
    """Say what an address does that asks for no token."""
    if answer.status == _OK:
        text = "The registry asks for no login: everyone can do everything. Its configuration has no `auth`."
    elif _MOVED <= answer.status < _ERRORS:
        text = f"The address redirects to {shown(answer.headers.get('location', ''))}: give that one."
    elif answer.status == _UNAUTHORIZED:
        text = "The registry asks for a password of its own, and not for a token (`auth: htpasswd`?)."
    else:
        text = f"Nothing at this address answers as a registry: its status is {answer.status}."
    return Finding(Topic.REGISTRY, text)


def _service(settings: Settings, asked: Asked, challenge: Challenge) -> str:
    """Say which service is meant: the one that is asked for, or the registry's, or the only one."""
    if asked.service is not None:
        return asked.service
    section = settings.realms.get(asked.realm or settings.default_realm)
    names = list(section.services) if section is not None else []
    if challenge.service in names or not names:
        return challenge.service
    if len(names) > 1:
        text = f"the registry's, {shown(challenge.service)}, is none of the realm's: {', '.join(names)}"
        raise click.BadParameter(text, param_hint="--service")
    return names[0]


@dataclass(frozen=True, slots=True)
class _Examiner:
    asked: Asked
    get: Get
    section: RealmSettings
    connection: Connection
    known: Known
    ring: KeyRing

    def findings(self) -> Iterator[Finding]:
        """Give everything that is wrong."""
        connection, known = self.connection, self.known
        if known.service != connection.service:
            text = f"The registry calls itself {shown(known.service)}, and not {shown(connection.service)}."
            yield Finding(Topic.SERVICE, text, registry={"service": connection.service})
        yield from realm.judge_address(known.realm, connection.realm)
        if realm.is_address(known.realm):
            yield from self._realm()
        else:
            known = replace(known, realm="")
        if abs(known.clock - known.now) > _FARTHEST:
            # No token is made that would be valid by both clocks: it would be valid for too long.
            yield advice.far_apart(known)
            return
        diagnosis = diagnose(self._present, self._usual(), known, self.ring, _stranger(known.now))
        yield from advice.advise(diagnosis, known, connection)
        yield from self._access(diagnosis)

    def _realm(self) -> Iterator[Finding]:
        """Ask the address that the registry names, and ours too where they differ."""
        connection, known = self.connection, self.known
        found = list(realm.ask(self.get, known.realm, connection, self.ring, self.asked.login))
        yield from found
        if known.realm != connection.realm and not found:
            text = (
                f"The realm is {shown(known.realm)} and not {shown(connection.realm)}, "
                "but it leads to the same issuer."
            )
            yield Finding(Topic.REALM, text, Severity.WARNING)

    def _usual(self) -> Trial:
        """Make the token that the realm would issue now."""
        lifetimes = Lifetimes(**self.section.lifetimes.model_dump())
        return Trial(
            issuer=self.connection.issuer,
            audience=self.connection.service,
            key=self.ring.active,
            shape=Shape(self.connection.key_id, self.connection.x5c),
            algorithm=self.connection.algorithm,
            start=self.known.now - lifetimes.backdate,
            end=self.known.now + lifetimes.default,
        )

    def _present(self, trial: Trial) -> Verdict:
        return verdict(self._show(trial, "/v2/"))

    def _show(self, trial: Trial, path: str) -> Answer:
        headers: Mapping[str, str] = {"Authorization": f"Bearer {trial.token()}"}
        return self.get(self.asked.address + path, headers)

    def _access(self, diagnosis: Diagnosis) -> Iterator[Finding]:
        """Show a token that grants nothing for a repository, and one that lets pull from it.

        The latter only for our own service: nothing is granted for whatever a registry calls itself.
        """
        taken = diagnosis.taken
        if taken is None:
            return
        path = f"/v2/{PROBE}/tags/list"
        if self._show(taken, path).status != _UNAUTHORIZED:
            text = "The registry lets a token in that grants nothing: it does not look at what tokens grant."
            yield Finding(Topic.ACCESS, text)
        elif taken.audience == self.connection.service:
            access = (Access(ResourceType.REPOSITORY, PROBE, ("pull",)),)
            answer = self._show(replace(taken, access=access), path)
            if answer.status == _UNAUTHORIZED:
                text = "The registry takes a token, but not the access that stands in it."
                yield Finding(Topic.ACCESS, text)


def _stranger(now: datetime) -> SigningKey:
    """Make a key that nobody trusts."""
    private = generate(Algorithm.ES256)
    certificate = self_signed(private, Algorithm.ES256, common_name="nobody", now=now)
    return SigningKey("nobody", KeyState.ACTIVE, Algorithm.ES256, private, (certificate,))
