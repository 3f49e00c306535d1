"""Who can do one thing with one resource: the ways that rules open and close, and what each subject can."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

from app.protocol.scope import Scope
from app.rules.conditions import Attribute, Conditions, Context, Holds
from app.rules.decide import decide
from app.rules.decision import ActionOutcome, Effect, Lack, WhoKind
from app.rules.model import Robot, Rule, RuleSet, Subject
from app.rules.parts.bindings import Reached, reach
from app.rules.parts.examples import persona
from app.rules.persona import Persona
from app.rules.review.circumstances import RequestClasses

_NO_COMPONENT = "somebody ä"
"""A name that no variable captures, so that a deny for `users: ["{name}"]` does not speak of all people."""
_NAMED = (WhoKind.USER, WhoKind.ROBOT)


class Can(enum.StrEnum):
    """Whether somebody can."""

    YES = "yes"
    SOMETIMES = "under conditions"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a rule gives or takes the action.

    Attributes:
        can: Whether somebody who has this way alone can; NO of what takes.
        denied_by: The rules that take it from all who have this way, always or under conditions.
    """

    reached: Reached
    when: tuple[str, ...]
    can: Can
    denied_by: tuple[str, ...]

    @property
    def rule(self) -> Rule:
        """Return the rule."""
        return self.reached.rule


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether one subject can, and by which rules.

    Attributes:
        through: What made the rules apply that allow it.
        conditions: Those of these rules, and of the rules that deny it at times, in words.
    """

    can: Can
    through: tuple[str, ...]
    allowed_by: tuple[str, ...]
    denied_by: tuple[str, ...]
    conditions: tuple[str, ...]


class Inquiry:
    """One action on one resource under a rule set."""

    def __init__(
        self, rules: RuleSet, asked: Scope, fixed: Context, *, service: bool, address: bool, time: bool
    ) -> None:
        """Find the rules that are about it.

        Args:
            rules: The rules.
            asked: The resource, and one action.
            fixed: The time, and the service and address where these are given.
            service: Whether the service is given; else all that the rules tell apart are tried.
            address: Likewise of the address.
            time: Whether the time is given; else hours that come again are tried in and out of them.
        """
        (self.action,) = asked.actions
        self._rules = rules
        self._asked = asked
        self._reached = [
            reached
            for rule in rules.rules
            if self.action in rule.actions
            for reached in reach(rule, asked.type, asked.name)
        ]
        self._conditions = {one.rule.id: one.rule.when for one in self._reached}
        self._fixed, self._service, self._address, self._time = fixed, service, address, time

    def ways(self) -> tuple[Way, ...]:
        """Return every way that holds at the time: first what gives, then what takes."""
        open_now = [one for one in self._reached if self._may_hold(one.rule.when)]
        ways = (self._way(one) for one in open_now)
        return tuple(sorted(ways, key=lambda way: (way.rule.effect, str(way.reached), way.rule.id)))

    def standing(self, subject: Subject | None, robot: Robot | None = None) -> Standing:
        """Ask the engine about a subject, in all circumstances that the rules tell apart.

        Args:
            subject: Who; None for somebody without a login.
            robot: The robot that it is, which logs in from its networks alone, and until it expires.
        """
        contexts = self._contexts(robot)
        logins = [one for one in contexts if robot is None or robot.logs_in.check(None, one) is Holds.YES]
        outcomes = [self._outcome(subject, context) for context in logins]
        granted = [outcome for outcome in outcomes if outcome.granted]
        allowed = {cause for outcome in granted for cause in outcome.allowed_by}
        denied = {cause for outcome in outcomes for cause in outcome.denied_by}
        can = Can.NO if not granted else Can.YES if len(granted) == len(contexts) else Can.SOMETIMES
        told = _words(self._conditions[cause.rule] for cause in allowed | denied)
        return Standing(
            can,
            tuple(sorted({str(cause.through) for cause in allowed})),
            tuple(sorted({cause.rule for cause in allowed})),
            tuple(sorted({cause.rule for cause in denied})),
            (*told, *_login_words(robot)) if can is Can.SOMETIMES else (),
        )

    def _way(self, reached: Reached) -> Way:
        is_robot = reached.audience.kind is WhoKind.ROBOT and reached.exact
        robot = self._rules.robots.get(reached.names[0]) if is_robot else None
        when = (*reached.rule.when.words(), *_login_words(robot))
        if reached.rule.effect is Effect.DENY:
            return Way(reached, when, Can.NO, ())
        try:
            attributes = Attribute.examples(reached.rule.when)
            subject = persona((reached.audience, reached.values), attributes=attributes)
        except ValueError:
            return Way(reached, when, Can.NO, ())
        standing = self.standing(subject, robot)
        is_free = not reached.username and reached.audience.kind not in _NAMED
        if standing.can is Can.NO and isinstance(subject, Persona) and is_free:
            standing = self.standing(replace(subject, name=_NO_COMPONENT))
        return Way(reached, when, standing.can, standing.denied_by)

    def _contexts(self, robot: Robot | None) -> Sequence[Context]:
        """Return a request of each class, while the same rules are in force as at the time that is given."""
        conditions: list[Conditions] = list(self._conditions.values())
        if robot is not None:
            conditions.append(robot.logs_in)
        apart = RequestClasses.of(conditions, self._fixed.now)
        services = (self._fixed.service,) if self._service else apart.services
        addresses = (self._fixed.address,) if self._address else apart.addresses
        moments = (self._fixed.now,) if self._time else apart.spans[0]
        return [Context(*values) for values in product(services, addresses, moments)]

    def _may_hold(self, when: Conditions) -> bool:
        """Whether there are requests for which conditions hold, at the time or in hours that come again."""
        timed = (one for one in when if one.lack is Lack.TIME and (self._time or not one.recurs))
        return all(one.check(None, self._fixed) is Holds.YES for one in timed)

    def _outcome(self, subject: Subject | None, context: Context) -> ActionOutcome:
        (resource,) = decide(self._rules, subject, (self._asked,), context).resources
        return next(one for one in resource.outcomes if one.action == self.action)


def _login_words(robot: Robot | None) -> tuple[str, ...]:
    """Put the conditions on which a robot can log in into words."""
    return tuple(f"logs in {word}" for word in robot.logs_in.words()) if robot is not None else ()


def _words(conditions: Iterable[Conditions]) -> tuple[str, ...]:
    return tuple(sorted({word for when in conditions for word in when.words()}))
