"""The tests that owners write into the rules file, run by the server's own engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from app.errors import Position, Problem
from app.protocol.scope import ACTIONS_OF, CATALOG, ResourceType, Scope
from app.rules import robot_names
from app.rules.conditions import Context
from app.rules.decide import decide
from app.rules.decision import ActionOutcome, Cause
from app.rules.model import RuleSet
from app.rules.persona import Persona


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must be granted on one resource when everything is asked.

    Attributes:
        scope: Everything that the resource has.
    """

    position: Position
    scope: Scope
    wanted: frozenset[str]


@dataclass(frozen=True, slots=True)
class Test:
    """A test, compiled.

    Attributes:
        subject: None is nobody in particular.
        at: When; None is now.
    """

    __test__ = False  # the name is the language's; pytest must not collect it

    id: str
    position: Position
    subject: Persona | None
    service: str
    address: str
    at: datetime | None
    expectations: tuple[Expectation, ...]

    def context(self, now: datetime) -> Context:
        """Return the circumstances of the request that it makes."""
        return Context(self.service, self.address, self.at or now)


@dataclass(frozen=True, slots=True)
class ExpectationOutcome:
    """The outcome of one expectation.

    Attributes:
        outcomes: Of each single action, and why.
        logs_in: Whether the subject could log in at all, where and when the test says it does.
    """

    test: Test
    expectation: Expectation
    outcomes: tuple[ActionOutcome, ...]
    logs_in: bool = True

    @property
    def granted(self) -> frozenset[str]:
        """What was granted."""
        return frozenset(each.action for each in self.outcomes if each.granted and self.logs_in)

    @property
    def passed(self) -> bool:
        """Whether exactly that was granted which was expected."""
        return self.granted == self.expectation.wanted

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why each action on which test and rules differ is granted or not."""
        if not self.logs_in:
            return ("the robot cannot log in from there, or then",)
        return tuple(
            _reason(each)
            for each in self.outcomes
            if each.granted != (each.action in self.expectation.wanted)
        )

    def problem(self) -> Problem:
        """Return a failure as a problem of the file."""
        name, wanted = self.expectation.scope.name, words(self.expectation.wanted)
        text = f"test {self.test.id!r}: {name} grants {words(self.granted)}, not {wanted}"
        return Problem(self.expectation.position, text, "; ".join(self.reasons))


def run(rules: RuleSet, test: Test, now: datetime) -> Iterator[ExpectationOutcome]:
    """Run one test, and yield the outcome of each expectation."""
    context, logs_in = test.context(now), _logs_in(rules, test)
    for expectation in test.expectations:
        decision = decide(rules, test.subject, [expectation.scope], context)
        yield ExpectationOutcome(test, expectation, decision.resources[0].outcomes, logs_in)


def _logs_in(rules: RuleSet, test: Test) -> bool:
    """Whether a robot could log in from the address and at the time that a test names, if it names any."""
    if test.subject is None or not test.subject.is_robot:
        return True
    robot = rules.robots[robot_names.short(test.subject.name)]
    return not (test.address and not robot.may_come_from(test.address)) and not (
        test.at is not None and robot.has_expired(test.at)
    )


def failures(rules: RuleSet, tests: Iterable[Test], now: datetime) -> tuple[Problem, ...]:
    """Run tests, and return a problem for each expectation that is not met."""
    return tuple(
        outcome.problem() for test in tests for outcome in run(rules, test, now) if not outcome.passed
    )


def everything(name: str) -> Scope:
    """Return the scope of every action on a repository, or on the catalog."""
    if name == CATALOG:
        return Scope(ResourceType.REGISTRY, CATALOG, ACTIONS_OF[ResourceType.REGISTRY])
    return Scope(ResourceType.REPOSITORY, name, ACTIONS_OF[ResourceType.REPOSITORY])


def words(actions: Iterable[str]) -> str:
    """Write actions as a rules file does."""
    return f"[{', '.join(sorted(actions))}]"


def _reason(outcome: ActionOutcome) -> str:
    if outcome.granted:
        return f"{outcome.action}: allowed by {_causes(outcome.allowed_by)}"
    if outcome.denied_by:
        return f"{outcome.action}: denied by {_causes(outcome.denied_by)}"
    return f"{outcome.action}: no rule allows it"


def _causes(causes: Iterable[Cause]) -> str:
    return ", ".join(dict.fromkeys(f"{cause.rule!r} ({cause})" for cause in causes))
