"""One request to the token endpoint of a realm: log in, decide, sign, record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from app.errors import Code, Refusal, WharfingerError
from app.keys.fitness import Service
from app.keys.keyring import KeyRing
from app.login.login import Login, Subject
from app.protocol import request
from app.protocol.claims import ClaimSet, Lifetimes, claim_set
from app.protocol.request import Limits, RawRequest, Terms, TokenRequest
from app.rules.decide import decide
from app.rules.decision import Decision
from app.rules.model import Context, RuleSet
from app.telemetry.record import ISSUED, Recorder, Timings, TokenRecord
from app.tokens.candidate import difference

T_co = TypeVar("T_co", covariant=True)
_SHOWN_DROPPED, _SHOWN_LENGTH = 10, 256
"""How much is told of scopes outside the grammar: they are whatever a client sends."""


class Current(Protocol[T_co]):
    """What may change between two requests, never within one: each reads it once."""

    @property
    def current(self) -> T_co:
        """What is in force just now."""


@dataclass(frozen=True, slots=True)
class Realm:
    """What tokens of one realm are made of.

    Attributes:
        services: By name.
        password_grant: Whether passwords are taken by POST too.
        candidate: Rules by which every request is decided too, to no effect; None where there are none.
        max_token_bytes: A longer token is refused: it would not fit into a header.
        tells_issued_at: Whether answers have `issued_at`.
    """

    name: str
    issuer: str
    services: Mapping[str, Service]
    password_grant: bool
    lifetimes: Lifetimes
    limits: Limits
    max_token_bytes: int
    tells_issued_at: bool
    rules: Current[RuleSet]
    keys: Current[KeyRing]
    login: Login
    candidate: Current[RuleSet | None] | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A token, and what it says."""

    token: str
    claims: ClaimSet
    lifetime: timedelta


@dataclass(slots=True)
class _Progress:
    """What is known of a request so far; told whole when it ends, however it ends."""

    known: dict[str, Any]
    spans: dict[str, float] = field(default_factory=dict)

    def add(self, **known: object) -> None:
        self.known.update(known)  # the names are the record's own

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.spans[name] = (time.perf_counter() - start) * 1000


class Issuer:
    """Answers the requests to the token endpoint of one realm."""

    def __init__(self, realm: Realm, recorder: Recorder, clock: Callable[[], datetime]) -> None:
        """Make one.

        Args:
            realm: What its tokens are made of.
            recorder: Takes note of every request.
            clock: Gives the time (aware, UTC).
        """
        self.realm = realm
        self._terms = Terms(tuple(realm.services), realm.password_grant, realm.limits)
        self._recorder = recorder
        self._clock = clock

    def answer(self, raw: RawRequest, request_id: str) -> Issued | Refusal:
        """Answer one request and record it, whatever becomes of it.

        Args:
            raw: As it came over the wire.
            request_id: Unique; becomes the token's `jti`.

        Raises:
            WharfingerError: There is no answer; recorded already.
        """
        now = self._clock()
        client = raw.client
        progress = _Progress(
            {
                "time": now,
                "request_id": request_id,
                "realm": self.realm.name,
                "outcome": Code.INTERNAL,
                "address": client.address,
                "client": client.name,
                "user_agent": client.user_agent,
            }
        )
        answer: Issued | Refusal | None = None
        with self._recorded(progress):
            answer = self._answer(raw, now, progress)
            if isinstance(answer, Refusal):
                progress.add(
                    outcome=answer.code, detail=answer.detail, spared=answer.spared, account=answer.account
                )
            else:
                progress.add(outcome=ISSUED, granted=tuple(map(str, answer.claims.access)))
        return answer

    @contextmanager
    def _recorded(self, progress: _Progress) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        except WharfingerError as error:
            progress.add(outcome=error.code, detail=error.detail)
            raise
        finally:
            elapsed = (time.perf_counter() - start) * 1000
            progress.add(milliseconds=Timings(**progress.spans, all=elapsed))
            self._recorder.record(TokenRecord(**progress.known))

    def _answer(self, raw: RawRequest, now: datetime, progress: _Progress) -> Issued | Refusal:
        asked = request.read(raw, self._terms)
        if isinstance(asked, Refusal):
            return asked
        dropped = tuple(text[:_SHOWN_LENGTH] for text in asked.dropped[:_SHOWN_DROPPED])
        progress.add(service=asked.service, asked=tuple(map(str, asked.scopes)), scopes_dropped=dropped)
        rules = self.realm.rules.current
        subject = self._log_in(asked, raw, rules, now, progress)
        if isinstance(subject, Refusal):
            return subject
        with progress.span("deciding"):
            context = Context(asked.service, raw.client.address, now)
            decision = decide(rules, subject, asked.scopes, context)
        progress.add(rules=decision.rules, rules_version=decision.rules_version)
        candidate = self.realm.candidate.current if self.realm.candidate is not None else None
        if candidate is not None:
            progress.add(candidate=difference(candidate, subject, asked.scopes, context, decision))
        with progress.span("signing"):
            return self._sign(asked, subject, decision, now, progress)

    def _log_in(
        self, asked: TokenRequest, raw: RawRequest, rules: RuleSet, now: datetime, progress: _Progress
    ) -> Subject | Refusal | None:
        """Find out who asks; None is nobody in particular."""
        if asked.credentials is None:
            return None
        progress.add(username=asked.credentials.username)
        with progress.span("login"):
            subject = self.realm.login.authenticate(asked.credentials, rules.robots, raw.client, now)
        if not isinstance(subject, Refusal):
            progress.add(
                username="",
                subject=subject.name,
                subject_id=subject.id,
                groups=tuple(group.name for group in subject.groups),
                group_dns=tuple(group.dn.written if group.dn is not None else "" for group in subject.groups),
                attributes=subject.attributes,
            )
        return subject

    def _sign(
        self,
        asked: TokenRequest,
        subject: Subject | None,
        decision: Decision,
        now: datetime,
        progress: _Progress,
    ) -> Issued | Refusal:
        realm, service = self.realm, self.realm.services[asked.service]
        claims = claim_set(
            issuer=realm.issuer,
            subject=subject.name if subject is not None else "",
            service=asked.service,
            access=decision.access,
            lifetimes=realm.lifetimes,
            now=now,
            token_id=progress.known["request_id"],
        )
        key = realm.keys.current.signer(now)
        token = key.sign(
            claims.to_json(), kid_format=service.key_id, x5c=service.x5c, algorithm=service.algorithm
        )
        if len(token) > realm.max_token_bytes:
            text = f"The token for these {len(asked.scopes)} scopes would be too long. Ask for fewer at once."
            return Refusal(Code.TOKEN_TOO_LARGE, text)
        progress.add(key_id=key.kid(service.key_id))
        return Issued(token, claims, realm.lifetimes.of(decision.access))
