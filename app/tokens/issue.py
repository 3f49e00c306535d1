"""One request to the token endpoint of a realm: log in, decide, sign, record."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from app.errors import Code, DirectoryMisconfigured, Fault, Refusal, WharfingerError
from app.login.login import Subject
from app.protocol import request
from app.protocol.claims import claim_set
from app.protocol.request import RawRequest, Terms, TokenRequest
from app.protocol.scope import catalog_by_pull
from app.rules.conditions import Context
from app.rules.decide import decide
from app.rules.decision import Decision
from app.rules.model import RuleSet
from app.telemetry.record import Recorder
from app.tokens.candidate import difference
from app.tokens.denial import Decided, refuse, shown
from app.tokens.progress import Part, Progress
from app.tokens.realm import Issued, Realm


class Issuer:
    """Answers the requests to the token endpoint of one realm."""

    def __init__(
        self,
        realm: Realm,
        recorder: Recorder,
        clock: Callable[[], datetime],
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Make one.

        Args:
            realm: What its tokens are made of.
            recorder: Takes note of every request.
            clock: Returns the time (aware, UTC).
            timer: Returns seconds, monotonic; durations are measured with it.
        """
        self.realm = realm
        self._terms = Terms(
            tuple(realm.services),
            realm.password_grant,
            realm.limits,
            frozenset(name for name, service in realm.services.items() if service.is_zot),
        )
        self._recorder = recorder
        self._clock = clock
        self._timer = timer

    def answer(self, raw: RawRequest, request_id: str) -> Issued | Refusal:
        """Answer one request and record it, whatever becomes of it.

        Args:
            raw: As it came over the wire.
            request_id: Unique; becomes the token's `jti`.

        Raises:
            WharfingerError: There is no answer; recorded already.
        """
        progress = Progress(self._clock(), request_id, self.realm.name, raw.client, self._timer)
        try:
            progress.answer = answer = self._answer(raw, progress)
        except WharfingerError as error:
            progress.answer = error
            raise
        finally:
            self._recorder.record(progress.record())
        return answer

    def _answer(self, raw: RawRequest, progress: Progress) -> Issued | Refusal:
        asked = request.read(raw, self._terms)
        if isinstance(asked, Refusal):
            return asked
        progress.request = asked
        rules = self.realm.rules.current
        subject = self._log_in(asked, rules, progress)
        if isinstance(subject, Refusal):
            return shown(subject, asked, progress.client, self.realm.denials)
        progress.subject = subject
        _require_group_names(subject, rules)
        decision = self._decide(asked, subject, rules, progress)
        if isinstance(decision, Refusal):
            return decision
        with progress.timed(Part.SIGNING):
            return self._sign(asked, subject, decision, progress)

    def _log_in(self, asked: TokenRequest, rules: RuleSet, progress: Progress) -> Subject | Refusal | None:
        """Find out who asks; None for an anonymous request."""
        if asked.credentials is None:
            return None
        with progress.timed(Part.LOGIN):
            return self.realm.login.authenticate(
                asked.credentials, rules.robots, progress.client, progress.time
            )

    def _decide(
        self, asked: TokenRequest, subject: Subject | None, rules: RuleSet, progress: Progress
    ) -> Decision | Refusal:
        """Decide a request; refuse it where that is said rather than a token with fewer rights issued."""
        context = Context(asked.service, progress.client.address_text, progress.time)
        with progress.timed(Part.DECIDING):
            progress.decision = decision = decide(rules, subject, asked.scopes, context)
            decided = Decided(asked, progress.client, subject, context, rules, decision)
            refusal, progress.denial = refuse(decided, self.realm.denials, progress.request_id)
        candidate = self.realm.candidate.current if self.realm.candidate is not None else None
        if candidate is not None:
            progress.candidate = difference(candidate, subject, asked.scopes, context, decision)
        return decision if refusal is None else refusal

    def _sign(
        self, asked: TokenRequest, subject: Subject | None, decision: Decision, progress: Progress
    ) -> Issued | Refusal:
        realm, service = self.realm, self.realm.services[asked.service]
        claims = claim_set(
            issuer=realm.issuer,
            subject=subject.name if subject is not None else "",
            service=asked.service,
            access=catalog_by_pull(decision.access) if service.is_zot else decision.access,
            lifetimes=realm.lifetimes,
            now=progress.time,
            token_id=progress.request_id,
        )
        key = realm.keys.current.signer(progress.time)
        token = key.sign(
            claims.to_json(), kid_format=service.key_id, x5c=service.x5c, algorithm=service.algorithm
        )
        if len(token) > realm.max_token_bytes:
            text = f"The token for these {len(asked.scopes)} scopes would be too long. Ask for fewer at once."
            return Refusal(Code.TOKEN_TOO_LARGE, text)
        progress.key_id = key.kid(service.key_id)
        return Issued(token, claims, realm.lifetimes.of(decision.access))


def _require_group_names(subject: Subject | None, rules: RuleSet) -> None:
    """Refuse to decide where a deny rule could name a group whose name could not be read.

    Raises:
        DirectoryMisconfigured: There is such a group; the detail names it.
    """
    if subject is None or not rules.denies_by_group_name:
        return
    unnamed = next((group for group in subject.groups if not group.name), None)
    if unnamed is not None:
        what = f"the name of the group {unnamed.dn} cannot be read, and rules deny by the names of groups"
        change = "let the service account read it, or set groups.name_attribute to what the group has"
        raise DirectoryMisconfigured(Fault(what, change))
