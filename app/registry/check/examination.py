"""The examination of a registry: its challenge, the address that it names, and what it makes of tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.keys import keyring
from app.keys.algorithm import Algorithm, generate
from app.keys.certificate import self_signed
from app.keys.keyring import KeyRing
from app.keys.signing_key import KeyState, SigningKey
from app.protocol.claims import Lifetimes
from app.protocol.credentials import Credentials
from app.registry.agreement import Agreement, RegistryKind
from app.registry.check import access, advice, endpoint
from app.registry.check.address import RealmAddress, Resolve, judge_address
from app.registry.check.challenge import Challenge, clock_of, kind_of
from app.registry.check.diagnosis import Evidence, diagnose
from app.registry.check.findings import RegistryFinding, Topic, shown
from app.registry.check.http import HttpClient, Response, addresses_of
from app.registry.check.trials import KeyReference, Trial, Verdict, verdict
from app.registry.service import Parameter, UnknownServiceError, agreement_of
from app.settings import RealmSettings, Settings
from app.urls import http_url

_FARTHEST = timedelta(days=1)
_OK, _MOVED, _UNAUTHORIZED, _ERRORS = 200, 300, 401, 400


@dataclass(frozen=True, slots=True)
class Target:
    """The registry to examine, and what is known of it.

    Attributes:
        address: Its address, without a slash at its end.
        realm: The name of the realm that it belongs to.
        service: Its name among the realm's services; None is what it says.
        kind: None is what its answers tell.
        issuer: The issuer in its own configuration, as the administrator says; empty if nobody did.
        url: Where clients reach the token endpoint, if that does not follow from the issuer.
        login: Whom a token is asked for; None is nobody.
    """

    address: str
    realm: str
    service: str | None = None
    kind: RegistryKind | None = None
    issuer: str = ""
    url: str | None = None
    login: Credentials | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found out about a registry.

    Attributes:
        address: The registry's.
        realm: The name of the realm.
        kind: None where nothing told it.
        agreement: What both should agree on; None where it did not come to that.
        findings: The errors first.
    """

    address: str
    realm: str
    kind: RegistryKind | None
    agreement: Agreement | None
    findings: tuple[RegistryFinding, ...]

    @property
    def errors(self) -> tuple[RegistryFinding, ...]:
        """What has to be changed."""
        return tuple(each for each in self.findings if not each.is_warning)


def examine(
    settings: Settings,
    target: Target,
    http: HttpClient,
    clock: Callable[[], datetime],
    resolve: Resolve = addresses_of,
) -> Examination:
    """Examine a registry.

    Args:
        settings: The configuration; it has the target's realm.
        target: The registry.
        http: Sends requests.
        clock: Returns the time (aware, UTC).
        resolve: Returns the addresses of a name.

    Raises:
        ConfigurationError: The realm's keys cannot be used.
        Unreachable: The registry does not answer.
        UnknownServiceError: It cannot be told which service the registry is.
    """
    answer = http.get(f"{target.address}/v2/", {})
    now = clock()
    challenge = Challenge.parse(answer.headers.get("www-authenticate", ""))
    if challenge is None or answer.status != _UNAUTHORIZED:
        return Examination(target.address, target.realm, target.kind, None, (_no_challenge(answer),))
    section = settings.realms[target.realm]
    service = target.service if target.service is not None else _service(section, challenge)
    agreement = agreement_of(target.realm, section, service, target.url, settings.server.url)
    evidence = Evidence(
        kind=target.kind or kind_of(answer, challenge),
        service=challenge.service,
        realm=challenge.realm,
        said=target.issuer,
        others=tuple(each.issuer for each in settings.realms.values()),
        clock=clock_of(answer) or now,
        now=now,
    )
    examiner = _Examiner(target, http, resolve, section, agreement, evidence, keyring.load(section.keys))
    found = sorted(examiner.findings(), key=lambda each: each.is_warning)
    return Examination(target.address, target.realm, evidence.kind, agreement, tuple(found))


def _no_challenge(answer: Response) -> RegistryFinding:
    """Return what is wrong with an address that asks for no token."""
    if answer.status == _OK:
        text = "The registry asks for no login: everyone can do everything. Its configuration has no `auth`."
    elif _MOVED <= answer.status < _ERRORS:
        text = f"The address redirects to {shown(answer.headers.get('location', ''))}: give that one."
    elif answer.status == _UNAUTHORIZED:
        text = "The registry asks for a password of its own, and not for a token (`auth: htpasswd`?)."
    else:
        text = f"Nothing at this address answers as a registry: its status is {answer.status}."
    return RegistryFinding(Topic.REGISTRY, text)


def _service(section: RealmSettings, challenge: Challenge) -> str:
    """Return the service that the registry says it is, or the realm's only one.

    Raises:
        UnknownServiceError: The realm has several, and what the registry says is none of them.
    """
    names = list(section.services)
    if challenge.service in names:
        return challenge.service
    if len(names) > 1:
        text = f"the registry's, {shown(challenge.service)}, is none of the realm's: {', '.join(names)}"
        raise UnknownServiceError(Parameter.SERVICE, text)
    return names[0]


@dataclass(frozen=True, slots=True)
class _Examiner:
    target: Target
    http: HttpClient
    resolve: Resolve
    section: RealmSettings
    agreement: Agreement
    evidence: Evidence
    ring: KeyRing

    def findings(self) -> Iterator[RegistryFinding]:
        """Yield everything that is wrong."""
        agreement, evidence = self.agreement, self.evidence
        if evidence.service != agreement.service:
            text = f"The registry calls itself {shown(evidence.service)}, and not {shown(agreement.service)}."
            yield RegistryFinding(Topic.SERVICE, text, registry={"service": agreement.service})
        named = RealmAddress(evidence.realm, agreement.realm, self.target.address)
        yield from judge_address(named, self.resolve)
        if http_url(evidence.realm) is not None:
            yield from self._endpoint(named)
        else:
            evidence = replace(evidence, realm="")
        if abs(evidence.clock - evidence.now) > _FARTHEST:
            # No token is made that would be valid by both clocks: it would be valid for too long.
            yield advice.far_apart(evidence)
            return
        stranger = _stranger(evidence.now)
        diagnosis = diagnose(self._present, self._usual(), evidence, self.ring, stranger)
        yield from advice.advise(diagnosis, evidence, agreement)
        if diagnosis.taken is not None:
            yield from access.judge_access(self._show, diagnosis.taken, agreement)
        yield from access.judge_removal(self.http.delete(self.target.address + access.REMOVED), evidence.kind)
        yield from access.judge_sharing(evidence.kind, len(self.section.services))

    def _endpoint(self, named: RealmAddress) -> Iterator[RegistryFinding]:
        """Ask the address that the registry names for a token."""
        found = list(endpoint.ask(self.http.get, named, self.agreement, self.ring, self.target.login))
        yield from found
        if named.change and not found:
            theirs, ours = shown(named.realm), shown(named.expected)
            text = f"The realm is {theirs} and not {ours}, but it leads to the same issuer."
            yield RegistryFinding(Topic.REALM, text, is_warning=True, advice=named.advice)

    def _usual(self) -> Trial:
        """Make the token that the realm would issue now."""
        lifetimes = Lifetimes(**self.section.lifetimes.model_dump())
        return Trial(
            issuer=self.agreement.issuer,
            audience=self.agreement.service,
            key=self.ring.active,
            reference=KeyReference(self.agreement.key_id, self.agreement.x5c),
            algorithm=self.agreement.algorithm,
            start=self.evidence.now - lifetimes.backdate,
            end=self.evidence.now + lifetimes.default,
        )

    def _present(self, trial: Trial) -> Verdict:
        return verdict(self._show(trial, "/v2/"))

    def _show(self, trial: Trial, path: str) -> Response:
        headers: Mapping[str, str] = {"Authorization": f"Bearer {trial.token()}"}
        return self.http.get(self.target.address + path, headers)


def _stranger(now: datetime) -> SigningKey:
    """Make a key that nobody trusts."""
    private = generate(Algorithm.ES256)
    certificate = self_signed(private, Algorithm.ES256, common_name="nobody", now=now)
    return SigningKey("nobody", KeyState.ACTIVE, Algorithm.ES256, private, (certificate,))
