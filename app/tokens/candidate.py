"""What the candidate rules of a realm would grant differently. Nothing of it is ever enforced."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from app.login.login import Subject
from app.protocol.scope import Access, ResourceType, Scope
from app.rules.conditions import Context
from app.rules.decide import granted
from app.rules.decision import Decision
from app.rules.model import RuleSet
from app.telemetry.record import CandidateDifference

_log = logging.getLogger("wharfinger.candidate")


def difference(
    rules: RuleSet, subject: Subject | None, scopes: Sequence[Scope], context: Context, live: Decision
) -> CandidateDifference | None:
    """Compare a decision with what the candidate rules say; None where they fail, which is logged.

    Args:
        rules: The candidate rules.
        subject: As the live rules have it.
        scopes: What was asked.
        context: The circumstances.
        live: What the live rules said.
    """
    try:
        other = granted(rules, subject, scopes, context)
    except Exception:  # noqa: BLE001 - whatever it is, it must not touch the live answer
        _log.exception("the candidate rules failed", extra={"rules_version": rules.version})
        return None
    return CandidateDifference(rules.version, _beyond(other, live.access), _beyond(live.access, other))


def _beyond(one: Sequence[Access], other: Sequence[Access]) -> tuple[Access, ...]:
    """Return what the first grants and the second does not, sorted."""
    known = {(each.type, each.name): each.actions for each in other}
    return tuple(sorted((left for each in one if (left := _without(each, known)) is not None), key=str))


def _without(entry: Access, known: Mapping[tuple[ResourceType, str], tuple[str, ...]]) -> Access | None:
    taken = known.get((entry.type, entry.name), ())
    actions = tuple(action for action in entry.actions if action not in taken)
    return Access(entry.type, entry.name, actions) if actions else None
