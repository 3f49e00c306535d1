"""What the candidate rules of a realm would grant otherwise. Nothing of it is ever enforced."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from app.login.login import Subject
from app.protocol.scope import Access, Scope
from app.rules.decide import decide
from app.rules.decision import Decision
from app.rules.model import ROBOT_PREFIX, Context, RuleSet, in_networks
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
        other = _decide(rules, subject, scopes, context)
    except Exception:  # noqa: BLE001 - whatever it is, it must not touch the live answer
        _log.exception("the candidate rules failed", extra={"rules_version": rules.version})
        return None
    before, after = _granted(live.access), _granted(other)
    return Difference(rules.version, _more(after, before), _more(before, after))


def _decide(
    rules: RuleSet, subject: Subject | None, scopes: Sequence[Scope], context: Context
) -> tuple[Access, ...]:
    if subject is None or not subject.is_robot:
        return decide(rules, subject, scopes, context).access
    # a robot is what a rules file says of it
    robot = rules.robots.get(subject.name.removeprefix(ROBOT_PREFIX))
    if robot is None or (robot.expires is not None and context.now >= robot.expires):
        return ()
    if robot.networks and not in_networks(context.address, robot.networks):
        return ()
    return decide(rules, robot.persona(), scopes, context).access


def _granted(access: Sequence[Access]) -> dict[str, set[str]]:
    return {f"{each.type}:{each.name}": set(each.actions) for each in access}


def _more(one: dict[str, set[str]], other: dict[str, set[str]]) -> tuple[str, ...]:
    """Give what the first grants beyond the second."""
    found = {resource: sorted(actions - other.get(resource, set())) for resource, actions in one.items()}
    return tuple(f"{resource}:{','.join(actions)}" for resource, actions in sorted(found.items()) if actions)
