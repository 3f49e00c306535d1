"""What the candidate rules of a realm would grant otherwise. Nothing of it is ever enforced."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from app.login.login import Subject
from app.protocol.scope import Access, Scope
from app.rules.decide import granted
from app.rules.decision import Decision
from app.rules.model import Context, RuleSet
from app.telemetry.record import Difference

_log = logging.getLogger("wharfinger.candidate")


def difference(
    rules: RuleSet, subject: Subject | None, scopes: Sequence[Scope], context: Context, live: Decision
) -> Difference | None:
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
    before, after = _by_resource(live.access), _by_resource(other)
    return Difference(rules.version, _more(after, before), _more(before, after))


def _by_resource(access: Sequence[Access]) -> dict[str, set[str]]:
    return {f"{each.type}:{each.name}": set(each.actions) for each in access}


def _more(one: dict[str, set[str]], other: dict[str, set[str]]) -> tuple[str, ...]:
    """Give what the first grants beyond the second."""
    found = {resource: sorted(actions - other.get(resource, set())) for resource, actions in one.items()}
    return tuple(f"{resource}:{','.join(actions)}" for resource, actions in sorted(found.items()) if actions)
