"""What rules grant to somebody who logged in by others: the candidate rules, or the two that are compared."""

from __future__ import annotations

from collections.abc import Sequence

from app.protocol.scope import Access, Scope
from app.rules.decide import decide
from app.rules.model import ROBOT_PREFIX, Context, RuleSet, Subject


def granted(
    rules: RuleSet, subject: Subject | None, scopes: Sequence[Scope], context: Context
) -> tuple[Access, ...]:
    """Give what is granted; a robot is what these rules say of it, whatever groups it had by others.

    One that they do not have, or that could not log in by them, is granted nothing.
    """
    if subject is not None and subject.is_robot:
        robot = rules.robots.get(subject.name.removeprefix(ROBOT_PREFIX))
        if robot is None or not robot.logs_in.hold(None, context):
            return ()
        subject = robot.persona()
    return decide(rules, subject, scopes, context).access
