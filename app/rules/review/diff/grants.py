"""A rule set, taken apart: each way in which each rule gives or takes an action on one pattern."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from app.protocol.scope import ALL_ACTIONS, CATALOG, Action
from app.rules.conditions import Conditions, Context
from app.rules.decision import Effect
from app.rules.model import Rule
from app.rules.patterns.pattern import USERNAME, RepositoryPattern
from app.rules.patterns.pieces import Token
from app.rules.review import audience
from app.rules.review.audience import AUTHENTICATED, Kind, Whom
from app.rules.review.automaton import Elements, elements, written

_CATALOG = elements([Token("text", CATALOG)])
_ON_REPOSITORIES = tuple(str(action) for action in Action)


@dataclass(frozen=True, slots=True)
class Grant:
    """One way in which a rule gives or takes an action.

    Attributes:
        action: pull, push or delete on repositories, `*` on the catalog.
        when: Normal.
        key: The pattern as a text, with the variables of `whom`.
        pattern: The same, cut into elements.
        text: The pattern as it was written; `catalog` for that.
        rule: The rule that says so.
    """

    effect: Effect
    action: str
    whom: Whom
    when: Conditions
    key: str
    pattern: Elements = field(compare=False)
    text: str = field(compare=False)
    rule: Rule = field(compare=False, repr=False)


@dataclass(slots=True)
class Grants:
    """All grants of a rule set, found by whom they are for."""

    all: dict[Grant, Grant] = field(default_factory=dict)
    _by_whom: dict[tuple[Effect, str, Whom], list[Grant]] = field(default_factory=lambda: defaultdict(list))
    _patterned: dict[tuple[Effect, str, Kind], set[Whom]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, rules: Iterable[Rule], now: datetime) -> Grants:
        """Take rules apart; what is over by now is left out."""
        grants = cls()
        for rule in rules:
            when = rule.when.normal(now)
            if when is not None:
                for grant in _grants(rule, when):
                    grants.add(grant)
        return grants

    def add(self, grant: Grant) -> None:
        """Note a grant; an equal one is noted once."""
        if self.all.setdefault(grant, grant) is not grant:
            return
        self._by_whom[grant.effect, grant.action, grant.whom].append(grant)
        if grant.whom.literal is None:
            self._patterned[grant.effect, grant.action, grant.whom.kind].add(grant.whom)

    def over(self, grant: Grant, effect: Effect, context: Context | None = None) -> Iterator[Elements]:
        """Give the patterns of an action that are given to, or taken from, all for whom a grant is.

        Args:
            grant: For whom, when, and of which action.
            effect: Which of the two.
            context: A request to which the grant applies; where not given, all to which it does.
        """
        for wider in self._wider(grant, effect):
            known = wider.seen_by(grant.whom)
            if known is None:
                continue
            for one in self._by_whom[effect, grant.action, wider]:
                if self._applies(one, grant, context):
                    pattern = audience.rebind(one.pattern, known, same=wider == grant.whom)
                    if pattern is not None:
                        yield pattern

    def _wider(self, grant: Grant, effect: Effect) -> Iterator[Whom]:
        """Give those who may include all for whom a grant is."""
        if (effect, grant.action, grant.whom) in self._by_whom:
            yield grant.whom
        for kind in (Kind.EVERYONE, Kind.AUTHENTICATED, grant.whom.kind):
            yield from self._patterned.get((effect, grant.action, kind), set()) - {grant.whom}
            if kind is grant.whom.kind and kind in (Kind.EVERYONE, Kind.AUTHENTICATED):
                break

    @staticmethod
    def _applies(one: Grant, grant: Grant, context: Context | None) -> bool:
        if context is None:
            return grant.when.implies(one.when)
        return one.when.hold_with(grant.when, context)


def _grants(rule: Rule, when: Conditions) -> Iterator[Grant]:
    for who in audience.of(rule.who):
        for pattern in rule.repositories:
            # without a login there is no name of one's own
            own = who.kind is Kind.EVERYONE and USERNAME in pattern.variables
            bound = audience.bind(_tokens(pattern), AUTHENTICATED if own else who)
            if bound is None:
                continue
            key = written(bound)
            for action in _ON_REPOSITORIES:
                if action in rule.actions:
                    meant = AUTHENTICATED if own else who
                    yield Grant(rule.effect, action, meant, when, key, bound, pattern.text, rule)
        if rule.catalog and ALL_ACTIONS in rule.actions:
            yield Grant(rule.effect, ALL_ACTIONS, who, when, CATALOG, _CATALOG, CATALOG, rule)


def _tokens(pattern: RepositoryPattern) -> tuple[Token, ...]:
    return (*pattern.beginning, *pattern.rest)
