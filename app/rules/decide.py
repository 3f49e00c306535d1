"""The engine: a rule set, a subject and a request give a decision.

An action is granted when at least one allow rule that applies contains it and no deny rule that applies does.
Nothing else counts: order never matters, rights of several groups add up, deny always wins, the default is
deny, and what was not asked is never granted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.dn import fold
from app.protocol.scope import ACTIONS_OF, ALL_ACTIONS, SINGLE_ACTIONS, Access, ResourceType, Scope
from app.rules import robot_names
from app.rules.conditions import ALWAYS, Context, Holds
from app.rules.decision import (
    ActionOutcome,
    Cause,
    Decision,
    Effect,
    Lack,
    ResourceDecision,
    Through,
    WhoKind,
)
from app.rules.model import Rule, RuleSet, Subject
from app.rules.patterns.syntax import USERNAME, Captures
from app.rules.together import together

_EVERYONE, _AUTHENTICATED = Through(WhoKind.EVERYONE), Through(WhoKind.AUTHENTICATED)


class Applied(NamedTuple):
    """A rule that applies to a request, and how it came to.

    Attributes:
        captures: What its variables stand for; None where nobody can know that, and the rule denies.
    """

    rule: Rule
    through: Through
    captures: Captures | None
    unknown: tuple[Lack, ...] = ()

    def covers(self, scope: Scope, username: str) -> bool:
        """Whether the rule is about a resource."""
        if scope.type is ResourceType.REGISTRY:
            return self.rule.catalog
        # most rules end here, without a look at what their variables stand for
        near = [pattern for pattern in self.rule.repositories if scope.name.startswith(pattern.fixed)]
        if not near:
            return False
        bound = {**dict(self.captures or ()), USERNAME: username}
        if self.captures is None and any(not pattern.variables <= bound.keys() for pattern in near):
            return True
        return any(pattern.matches(scope.name, bound) for pattern in near)

    def cause(self) -> Cause:
        """Return it as a reason of an outcome."""
        rule, captures = self.rule, self.captures or ()
        return Cause(rule.id, rule.position, rule.effect, self.through, captures, self.unknown)


@dataclass(frozen=True, slots=True)
class Covering:
    """The rules about a scope that are for a subject, whatever the circumstances of a request.

    Attributes:
        subject: The very subject: another object may mean somebody else.
        outcome: The decision, where no rule has a condition; else None.
    """

    subject: Subject | None
    scope: Scope
    rules: tuple[Applied, ...]
    outcome: ResourceDecision | None

    @classmethod
    def of(cls, subject: Subject | None, scope: Scope, rules: tuple[Applied, ...]) -> Covering:
        """Note the rules, and decide already where no condition can change anything."""
        conditional = any(one.rule.when is not ALWAYS for one in rules)
        return cls(subject, scope, rules, None if conditional else _decide_resource(rules, scope))

    def decide(self, context: Context) -> ResourceDecision:
        """Decide under the circumstances of a request."""
        if self.outcome is not None:
            return self.outcome
        holding = (one for one in self.rules if one.rule.holds(self.subject, context))
        known = [one._replace(unknown=one.rule.when.unknown(self.subject, context)) for one in holding]
        return _decide_resource(known, self.scope)


def decide(rules: RuleSet, subject: Subject | None, scopes: Sequence[Scope], context: Context) -> Decision:
    """Decide a request; a subject of None is an anonymous one.

    What does not depend on the circumstances is kept for the next request of the same subject.
    """
    kept = [rules.covering.get((id(subject), scope)) for scope in scopes]
    found = {
        scope: one
        for scope, one in zip(scopes, kept, strict=True)
        if isinstance(one, Covering) and one.subject is subject
    }
    further = [scope for scope in scopes if scope not in found]
    if further:
        for one in _covering(rules, subject, further):
            rules.covering.keep((id(subject), one.scope), one)
            found[one.scope] = one
    return Decision(tuple(found[scope].decide(context) for scope in scopes), rules.version)


def _covering(rules: RuleSet, subject: Subject | None, scopes: Sequence[Scope]) -> Iterator[Covering]:
    """Find the rules about each of some scopes that are for a subject."""
    username = fold(subject.name) if subject is not None else ""  # as the rules' own names are folded
    asked = [(scope, frozenset(rules.places(scope))) for scope in scopes]
    everywhere = frozenset[str]().union(*(there for _, there in asked))
    by_place: dict[str, list[Applied]] = {}
    for one in _reach(rules, subject, username, everywhere, scopes):
        if not one.rule.excepts(subject):
            for place in one.rule.places:
                by_place.setdefault(place, []).append(one)
    for scope, there in asked:
        covering = (one for one in _near(by_place, there) if one.covers(scope, username))
        yield Covering.of(subject, scope, tuple(sorted(covering, key=_order)))


def _order(one: Applied) -> tuple[int, Through, Captures]:
    return one.rule.order, one.through, one.captures or ()


def _near(by_place: Mapping[str, Sequence[Applied]], there: frozenset[str]) -> Iterator[Applied]:
    """Return what lies in some places, each once."""
    found = {id(one): one for place in there if place in by_place for one in by_place[place]}
    return iter(found.values())


def granted(
    rules: RuleSet, subject: Subject | None, scopes: Sequence[Scope], context: Context
) -> tuple[Access, ...]:
    """Return what rules grant to a subject that logged in by other rules.

    A robot has the groups that these rules give it. It is granted nothing where these rules do not have it,
    or do not let it log in.
    """
    if subject is not None and subject.is_robot:
        robot = rules.robots.get(robot_names.short(subject.name))
        if robot is None or robot.logs_in.check(None, context) is not Holds.YES:
            return ()
        subject = robot.persona()
    return decide(rules, subject, scopes, context).access


def _reach(
    rules: RuleSet,
    subject: Subject | None,
    username: str,
    there: frozenset[str],
    scopes: Sequence[Scope],
) -> Iterator[Applied]:
    """Find the rules of some places that are for a subject, by each way in which they are."""
    yield from (Applied(rule, _EVERYONE, ()) for rule in rules.for_everyone.near(there))
    if subject is None:
        return
    yield from (Applied(rule, _AUTHENTICATED, ()) for rule in rules.for_authenticated.near(there))
    index, kind = (rules.by_robot, WhoKind.ROBOT) if subject.is_robot else (rules.by_user, WhoKind.USER)
    own_name = robot_names.short(username) if subject.is_robot else username
    for rule, captures in index.find(own_name, username, there):
        yield Applied(rule, Through(kind, own_name), captures)
    for group in subject.groups:
        for rule, captures in rules.by_group_name.find(group.name, username, there):
            # a name that two groups share proves no membership, so it can only take away
            if not group.ambiguous or rule.effect is Effect.DENY:
                yield Applied(rule, Through(WhoKind.GROUP, group.name), captures)
        if group.dn is not None:
            for rule, captures in rules.by_group_dn.find(group.dn, username, there):
                yield Applied(rule, Through(WhoKind.GROUP, str(group.dn)), captures)
            if not group.dn.is_comparable:  # it may be the DN that a rule denies by
                through = Through(WhoKind.GROUP, str(group.dn))
                yield from (Applied(rule, through, None) for rule in rules.denying_by_dn.near(there))
    for rule, names, captures in together(rules, subject, username, there, scopes):
        yield Applied(rule, Through(WhoKind.GROUPS, " and ".join(names)), captures)


def _decide_resource(covering: Sequence[Applied], scope: Scope) -> ResourceDecision:
    single = {action: _outcome(covering, action) for action in _expand(scope)}
    if scope.type is ResourceType.REPOSITORY and ALL_ACTIONS in single:
        single[ALL_ACTIONS] = _all_of(single)
    return ResourceDecision(scope, tuple(single[action] for action in sorted(single)))


def _expand(scope: Scope) -> frozenset[str]:
    """Return the actions to decide: `*` on a repository asks for every single one, and for itself."""
    if scope.type is ResourceType.REPOSITORY and ALL_ACTIONS in scope.actions:
        return scope.actions | ACTIONS_OF[scope.type]
    return scope.actions


def _outcome(covering: Sequence[Applied], action: str) -> ActionOutcome:
    speaking = [one for one in covering if action in one.rule.actions]
    allowed = tuple(one.cause() for one in speaking if one.rule.effect is Effect.ALLOW)
    denied = tuple(one.cause() for one in speaking if one.rule.effect is Effect.DENY)
    return ActionOutcome(action, bool(allowed) and not denied, allowed, denied)


def _all_of(single: dict[str, ActionOutcome]) -> ActionOutcome:
    """Grant `*` on a repository only where every single action is granted."""
    parts = [single[action] for action in sorted(SINGLE_ACTIONS)]
    granted = all(part.granted for part in parts)
    allowed = {cause: None for part in parts for cause in part.allowed_by}
    denied = {cause: None for part in parts for cause in part.denied_by}
    return ActionOutcome(ALL_ACTIONS, granted, tuple(allowed), tuple(denied))
