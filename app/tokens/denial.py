"""When a request is refused with its reason instead of a token with fewer rights, and what the reason is.

The specification (Distribution, spec/auth/token) answers what is not granted with a token without it. Where
this departs from it, the person reads why at the terminal (docs/adr/0019). Everything else stays as it is
specified: requests to change several repositories, `*`, the catalog, and clients that would not show the
reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from app.errors import Code, Refusal
from app.login.login import Subject
from app.protocol.families import Shows, family
from app.protocol.request import Client, TokenRequest
from app.protocol.scope import ACTIONS, ALL_ACTIONS, Action, ResourceType
from app.rules.conditions import Context
from app.rules.decision import ActionOutcome, Decision, Lack, ResourceDecision
from app.rules.misses import with_nearest
from app.rules.model import RuleSet
from app.telemetry.record import Denial, DenialReason
from app.tokens.denial_text import Refused, Why, denied, log_in
from app.tokens.realm import Denials

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's, in small letters: nothing that is read for something else."""
_ID_LENGTH: Final = 10
_PULL: Final = frozenset({str(Action.PULL)})
_UNTOLD: Final = frozenset({Lack.NAME, Lack.LOGIN, Lack.DENIED})
"""Lacks that nobody is told: what other people are called is their business."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A request that was decided.

    Attributes:
        rules: Those that decided.
    """

    asked: TokenRequest
    client: Client
    subject: Subject | None
    context: Context
    rules: RuleSet
    decision: Decision


def refuse(decided: Decided, denials: Denials, request_id: str) -> tuple[Refusal | None, Denial | None]:
    """Refuse a request whose person can be told why.

    Returns:
        The refusal, none where the request gets its token; and what is kept of it, nothing where nobody has
        logged in.
    """
    asked, decision = decided.asked, decided.decision
    if asked.service in denials.silent:
        return None, None
    if decided.subject is None:
        if not _is_nothing_granted(asked, decision):
            return None, None
        client = family(decided.client)
        told = client.shows is not Shows.NONE
        return Refusal(Code.CREDENTIALS_REQUIRED, log_in(asked, client)) if told else None, None
    resource = _refused(asked, decision)
    if resource is None or (shows := family(decided.client).shows) is Shows.NONE:
        return None, None
    resource = with_nearest(decided.rules, decided.subject, resource, decided.context)
    denial = _denial(resource, decided.subject.name, decided.rules, short_id(request_id), denials)
    return Refusal(Code.DENIED, denial.message, asks_again=shows is Shows.UNAUTHORIZED), denial


def shown(refusal: Refusal, asked: TokenRequest, client: Client, denials: Denials) -> Refusal:
    """Return the refusal of a login as its client shows it, if a robot comes from elsewhere."""
    if refusal.code is not Code.NETWORK_NOT_ALLOWED or asked.service in denials.silent:
        return refusal
    return replace(refusal, asks_again=family(client).shows is Shows.UNAUTHORIZED)


def short_id(request_id: str) -> str:
    """Return the id of a refusal: ten letters and digits that a person can read out.

    It is a hash, so that it is as hard to guess as the request id, whoever made that.
    """
    number = int.from_bytes(hashlib.sha256(request_id.encode()).digest())
    return "".join(_ALPHABET[(number >> 5 * place) % len(_ALPHABET)] for place in range(_ID_LENGTH))


def _is_nothing_granted(asked: TokenRequest, decision: Decision) -> bool:
    """Whether something was asked, and only a login can help."""
    return bool(asked.scopes or asked.dropped) and not decision.access


def _refused(asked: TokenRequest, decision: Decision) -> ResourceDecision | None:
    """Return what is refused of the one repository that a request is for; None where that cannot be said.

    Whoever pushes may ask to pull from others too, to mount what lies there. Without the push that is of no
    use; and without the mount the push still works, so a mount alone is never refused.
    """
    resources = decision.resources
    if len(resources) > 1:
        resources = tuple(one for one in resources if one.scope.actions != _PULL)
    named = all(
        one.scope.type is ResourceType.REPOSITORY and ALL_ACTIONS not in one.scope.actions
        for one in decision.resources
    )
    if len(resources) != 1 or not named or asked.dropped:
        return None
    return resources[0] if not all(one.granted for one in resources[0].outcomes) else None


def _denial(resource: ResourceDecision, who: str, rules: RuleSet, denial_id: str, denials: Denials) -> Denial:
    """Put together what the person reads, and what is kept."""
    refused = sorted(
        (one for one in resource.outcomes if not one.granted), key=lambda one: ACTIONS.index(one.action)
    )
    actions = tuple(one.action for one in refused)
    why, contact = _why(refused[-1], rules)  # who asks to push is after that, not after the pull
    said = Refused(who, actions, resource.scope.name, why, contact, denial_id)
    return Denial(
        id=denial_id,
        repository=resource.scope.name,
        actions=actions,
        message=denied(said, name_groups=denials.name_groups),
        reasons=tuple(reason for one in refused for reason in _reasons(one)),
    )


def _why(outcome: ActionOutcome, rules: RuleSet) -> tuple[Why, str]:
    """Return what the person is told of an action, and whom to ask."""
    if outcome.denied_by:
        rule = rules.rule(outcome.denied_by[0].rule)
        return Why(rule.id, Lack.DENIED, description=rule.description), rule.contact
    miss = next((one for one in outcome.misses if one.lack not in _UNTOLD), None)
    if miss is None:
        return Why(), rules.contact
    return Why(miss.rule, miss.lack, miss.text, miss.groups), rules.rule(miss.rule).contact


def _reasons(outcome: ActionOutcome) -> Iterator[DenialReason]:
    """Return all that is known of why an action is refused, for operators."""
    for cause in outcome.denied_by:
        yield DenialReason(outcome.action, cause.rule, str(cause.position), f"denies it, through {cause}")
    for miss in outcome.misses:
        if miss.lack is not Lack.DENIED:
            yield DenialReason(
                outcome.action, miss.rule, str(miss.position), f"nearly allows it: {miss.text}"
            )
