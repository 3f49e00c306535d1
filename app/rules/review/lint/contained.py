"""Rules that others make superfluous, and allows that a deny takes all from.

A rule is superfluous where each of its clauses lies within clauses of one other rule. Each clause is compared
with the few that can be wider, so the work grows with the rules, not with its square.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from app.protocol.scope import ResourceType
from app.rules.decision import Effect
from app.rules.model import Rule
from app.rules.parts import automaton
from app.rules.parts.audience import rebind
from app.rules.parts.automaton import Elements, TooHardError
from app.rules.parts.clauses import Clause, Clauses
from app.rules.patterns.syntax import TokenKind
from app.rules.review.lint.finding import Finding, Name

_COMPARED = 50
"""Wider clauses that one is compared with, of those that are found in one place; the widest come first."""


def find(rules: Iterable[Rule], now: datetime) -> Iterator[Finding]:
    """Look for rules that others make superfluous, or that a deny takes all from."""
    known = Clauses(rules, now)
    superfluous: set[str] = set()
    for rule, own in known.by_rule:
        wider = _around(known, own, Effect.DENY) if rule.effect is Effect.ALLOW else None
        if wider is not None:
            text = f"all that the rule {rule.id!r} allows, {wider.id!r} ({wider.position}) denies"
            hint = "take it out, or make the deny narrower"
            yield Finding(Name.DENIED, rule.id, rule.position, text, hint)
            continue
        wider = _around(known, own, rule.effect, superfluous)
        if wider is not None:
            superfluous.add(rule.id)
            text = f"the rule {rule.id!r} adds nothing to {wider.id!r} ({wider.position})"
            yield Finding(Name.CONTAINED, rule.id, rule.position, text, "take it out")


def _around(known: Clauses, own: list[Clause], effect: Effect, but: set[str] | None = None) -> Rule | None:
    """Find one rule within which all clauses of another lie; of equal rules, not one already reported."""
    around: dict[str, Rule] | None = None
    for clause in own:
        found = {wider.rule.id: wider.rule for wider in _wider(known, clause, effect)}
        around = found if around is None else {id_: around[id_] for id_ in around if id_ in found}
        if not around:
            return None
    left = [rule for rule in (around or {}).values() if rule.id not in (but or ())]
    return min(left, key=lambda rule: rule.order, default=None)


def _wider(known: Clauses, clause: Clause, effect: Effect) -> Iterator[Clause]:
    """Return the clauses of other rules within which one lies."""
    for wider, variables in known.covering(clause, effect, whole=True, most=_COMPARED):
        if (
            wider.rule is not clause.rule
            and clause.actions <= wider.actions
            and clause.when.implies(wider.when)
            and _lies_within(clause, rebind(wider.pattern, variables))
        ):
            yield wider


def _lies_within(clause: Clause, pattern: Elements | None) -> bool:
    """Whether a pattern matches every name that a clause is about."""
    if pattern is None or clause.pattern == pattern or clause.type is ResourceType.REGISTRY:
        return pattern is not None
    if all(token.kind is TokenKind.TEXT for token in pattern):
        return False
    if [token.kind for token in pattern] == [TokenKind.DEEP]:
        return True
    try:
        return automaton.beyond(clause.pattern, [pattern]) is None
    except TooHardError:
        return False
