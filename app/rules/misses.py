"""Why something was refused: the rules that nearly granted it, and the one thing that each lacks.

`explain` looks at every rule, for owners. For a request that is refused `with_nearest` looks at a few rules
near the resource, and does no more than so much work, whatever the rules are and whatever was asked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app import dn
from app.protocol.scope import ACTIONS, ALL_ACTIONS, ResourceType, Scope
from app.rules.conditions import ALWAYS, Context, Holds
from app.rules.decide import decide
from app.rules.decision import ActionOutcome, Cause, Decision, Effect, Lack, Miss, ResourceDecision, WhoKind
from app.rules.model import NO_EXCEPTIONS, Group, GroupPattern, Rule, RuleSet, Subject, matched
from app.rules.parts.bindings import MOST_STEPS, Reached, reach
from app.rules.parts.examples import group
from app.rules.patterns.repository import RepositoryPattern
from app.rules.patterns.syntax import USERNAME
from app.rules.persona import NamedGroup, Persona

MOST = 5
"""How many are told of one action."""
_ANYTHING = RepositoryPattern.parse("**")


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work a search may do.

    Attributes:
        rules: How many rules are looked at.
        steps: Steps in which one pattern is matched with the name of the resource.
        trials: How often the engine is asked, of each action, about somebody who is one thing more.
    """

    rules: int = sys.maxsize
    steps: int = MOST_STEPS
    trials: int = sys.maxsize


THOROUGH = Effort()
QUICK = Effort(rules=50, steps=500, trials=20)


def explain(rules: RuleSet, subject: Subject | None, scopes: Sequence[Scope], context: Context) -> Decision:
    """Decide as the engine does, and add to everything that is refused what nearly granted it."""
    made = decide(rules, subject, scopes, context)
    search = _Search(rules, rules.rules, subject, context, THOROUGH)
    resources = tuple(search.of_resource(resource) for resource in made.resources)
    return replace(made, resources=resources)


def with_nearest(
    rules: RuleSet, subject: Subject | None, resource: ResourceDecision, context: Context
) -> ResourceDecision:
    """Add to what is refused of one resource what nearly granted it, as far as little work finds that."""
    near = rules.allowing.some(rules.places(resource.scope), QUICK.rules)
    return _Search(rules, near, subject, context, QUICK).of_resource(resource)


class _Search:
    """The search among some rules for one subject."""

    def __init__(
        self,
        rules: RuleSet,
        among: Sequence[Rule],
        subject: Subject | None,
        context: Context,
        effort: Effort,
    ) -> None:
        self._rules = rules
        self._subject = subject
        self._context = context
        self._steps, self._trials, self._left = effort.steps, effort.trials, 0
        self._username = dn.fold(subject.name) if subject is not None else ""
        allows = [rule for rule in among if rule.effect is Effect.ALLOW]
        self._allows = {rule.id: rule for rule in allows}
        # with conditions, actions and exceptions left out, the engine tells which rules lack only these
        freed = [
            replace(
                rule,
                when=ALWAYS,
                actions=frozenset(ACTIONS),
                who=replace(rule.who, exceptions=NO_EXCEPTIONS),
            )
            for rule in allows
        ]
        self._freed = RuleSet("", tuple(freed))
        # their own patterns stay, as only what these need is captured
        boundless = (replace(rule, repositories=(_ANYTHING, *rule.repositories)) for rule in freed)
        self._boundless = RuleSet("", tuple(boundless))

    def of_resource(self, resource: ResourceDecision) -> ResourceDecision:
        """Add the nearest misses to each outcome that is a refusal."""
        return replace(
            resource, outcomes=tuple(self._with_misses(resource, one) for one in resource.outcomes)
        )

    def _with_misses(self, resource: ResourceDecision, outcome: ActionOutcome) -> ActionOutcome:
        """Add the nearest misses to an outcome that is a refusal."""
        derived = outcome.action == ALL_ACTIONS and resource.scope.type is ResourceType.REPOSITORY
        if outcome.granted or derived:
            return outcome
        self._left = self._trials
        misses = sorted(
            self._misses(replace(resource.scope, actions=frozenset([outcome.action])), outcome), key=_nearness
        )
        return replace(outcome, misses=tuple(misses[:MOST]))

    def _misses(self, scope: Scope, outcome: ActionOutcome) -> Iterator[Miss]:
        if outcome.allowed_by:
            denying = " and ".join(dict.fromkeys(cause.rule for cause in outcome.denied_by))
            for cause in outcome.allowed_by:
                yield _of_cause(cause, Lack.DENIED, f"it is denied by {denying}")
            return
        if outcome.denied_by:  # whatever else was there, it would still be denied
            return
        near = self._causes(self._freed, scope)
        for cause in near:
            yield from self._for_want_of_one(self._allows[cause.rule], cause, scope)
        known = {cause.rule for cause in near}
        others = [rule for rule in self._willing(scope) if rule.id not in known]
        yield from self._for_others(others, scope)
        yield from self._elsewhere({rule.id for rule in others}, scope)

    def _causes(self, rules: RuleSet, scope: Scope) -> tuple[Cause, ...]:
        """Return the rules that allow something, each once."""
        (resource,) = decide(rules, self._subject, (scope,), self._context).resources
        causes = {cause.rule: cause for outcome in resource.outcomes for cause in outcome.allowed_by}
        return tuple(causes.values())

    def _willing(self, scope: Scope) -> Iterator[Rule]:
        """Return the rules that allow the action, and whose conditions hold."""
        (action,) = scope.actions
        for rule in self._allows.values():
            if action in rule.actions and rule.applies(self._subject, self._context):
                yield rule

    def _for_want_of_one(self, rule: Rule, cause: Cause, scope: Scope) -> Iterator[Miss]:
        """A rule that is for the subject and about the resource lacks the action, or a condition."""
        (action,) = scope.actions
        checked = [(one, one.check(self._subject, self._context)) for one in rule.when]
        unmet = [(one, holds) for one, holds in checked if holds is not Holds.YES]
        wants = [(one.lack, one.want(self._context)) for one, _ in unmet]
        if action not in rule.actions:
            allowed = ", ".join(sorted(one for one in rule.actions if one != ALL_ACTIONS))
            wants.append((Lack.ACTION, f"it allows {allowed} alone"))
        elif len(wants) > 1 and all(holds is Holds.UNKNOWN for _, holds in unmet):
            # what nobody said is one thing to say
            wants = [(wants[0][0], " and ".join(text for _, text in wants))]
        if self._subject is not None and (excepted := rule.who.exceptions.meant(self._subject)):
            wants.append((Lack.EXCEPTED, f"it excepts {excepted}"))
        if len(wants) == 1:
            yield _of_cause(cause, *wants[0])

    def _for_others(self, rules: Iterable[Rule], scope: Scope) -> Iterator[Miss]:
        """A rule that is about the resource is for others."""
        for rule in rules:
            if not self._left:
                return
            for reached in reach(rule, scope.type, scope.name, self._steps):
                if self._would_grant(reached, scope):
                    lack, text, groups = self._want(reached)
                    yield Miss(rule.id, rule.position, lack, text, None, reached.captures, groups)

    def _want(self, reached: Reached) -> tuple[Lack, str, tuple[str, ...]]:
        """Say what the subject would have to be, and in which groups."""
        match reached.audience.kind:
            case WhoKind.USER | WhoKind.ROBOT:
                return Lack.NAME, f"it is for {reached}", ()
            case WhoKind.AUTHENTICATED | WhoKind.EVERYONE:
                other = self._subject is not None or bool(reached.username)
                text = f"it is for {reached}" if other else "nobody has logged in"
                return Lack.NAME if other else Lack.LOGIN, text, ()
        if self._subject is None or (reached.username and reached.username != self._username):
            return Lack.NAME, f"it is for {reached}", ()
        groups = self._subject.groups
        lacking = tuple(
            name
            for called, name in zip(reached.audience.called, reached.names, strict=True)
            if not any(self._is_meant(group, called.source, reached) for group in groups)
        )
        lacking = lacking or reached.names
        name = " and ".join(lacking)
        if any(group.ambiguous and group.name == name for group in groups):
            what = f"the name {name} does not say which group {self._username} is in"
            return Lack.AMBIGUOUS, f"{what}: write its DN into the rule", lacking
        return Lack.GROUP, f"{self._username} is not in group {name}", lacking

    def _is_meant(self, group: Group, pattern: GroupPattern, reached: Reached) -> bool:
        """Whether a pattern means a group, and by what it captures the one that is meant here."""
        found = matched(pattern, group, self._username)
        return found is not None and all(dict(reached.captures).get(v, text) == text for v, text in found[1])

    def _would_grant(self, reached: Reached, scope: Scope) -> bool:
        """Ask the engine about somebody who is that too, and else the same."""
        if not self._left:
            return False
        self._left -= 1
        if reached.audience.kind is WhoKind.ROBOT:
            return True  # a robot has groups of its own, and none of the subject's
        subject = self._subject
        groups = (
            tuple(NamedGroup(g.name, g.dn, g.ambiguous) for g in subject.groups)
            if subject is not None
            else ()
        )
        name, is_robot = self._username, subject is not None and subject.is_robot
        if reached.audience.kind is WhoKind.GROUP:
            values = {USERNAME: name, **reached.values}
            added = tuple(group(called, values) for called in reached.audience.called)
            groups = tuple(replace(one, ambiguous=False) for one in (*groups, *added))
        elif reached.audience.kind is WhoKind.USER and reached.exact:
            (name,) = reached.names
        name = reached.username or name
        if not name and reached.audience.kind is not WhoKind.EVERYONE:
            name = "somebody"
        attributes = subject.attributes if subject is not None else {}
        other = Persona(name, groups, is_robot=is_robot, attributes=attributes) if name else None
        return bool(decide(self._rules, other, (scope,), self._context).access)

    def _elsewhere(self, willing: set[str], scope: Scope) -> Iterator[Miss]:
        """A rule that is for the subject is about a repository close by."""
        if scope.type is ResourceType.REGISTRY:
            return
        for cause in self._causes(self._boundless, scope):
            if cause.rule not in willing:
                continue
            for pattern in self._allows[cause.rule].repositories:
                text = self._bound(pattern, cause)
                if text and _is_close(text, scope.name):
                    yield _of_cause(cause, Lack.REPOSITORY, f"{text} does not match {scope.name}")

    def _bound(self, pattern: RepositoryPattern, cause: Cause) -> str:
        """Write a pattern with what its variables stand for."""
        text = pattern.text
        for variable, value in (*cause.captures, (USERNAME, self._username)):
            text = text.replace(f"{{{variable}}}", value)
        return text if "{" not in text else ""


def _is_close(pattern: str, name: str) -> bool:
    """Whether a pattern is about the same namespace, or is but a few letters away."""
    first, _, _ = pattern.partition("/")
    return first == name.partition("/")[0]


def _nearness(miss: Miss) -> tuple[int, str, str]:
    return list(Lack).index(miss.lack), miss.rule, miss.text


def _of_cause(cause: Cause, lack: Lack, text: str) -> Miss:
    return Miss(cause.rule, cause.position, lack, text, cause.through, cause.captures)
