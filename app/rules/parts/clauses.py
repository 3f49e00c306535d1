"""Rules taken apart: one clause for each audience and each pattern of a rule, found by their audience.

Whatever compares rules compares their clauses. Two clauses are equal where they mean the same, whatever rules
they stand in and however the variables are called.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, combinations

from app.protocol.scope import ACTIONS_OF, CATALOG, ResourceType
from app.rules.conditions import Conditions
from app.rules.decision import Effect, WhoKind
from app.rules.model import Rule
from app.rules.parts.audience import AUTHENTICATED, Audience, Known, bind, of
from app.rules.parts.automaton import Elements, elements, prefix, written
from app.rules.patterns.repository import RepositoryPattern
from app.rules.patterns.syntax import USERNAME, Token, TokenKind

_CATALOG = elements([Token(TokenKind.TEXT, CATALOG)])
_WILD = ""
"""The first component of patterns that begin with a wildcard or a variable."""


@dataclass(frozen=True, slots=True)
class Clause:
    """What a rule says of one audience and one pattern.

    Attributes:
        key: The pattern as a text, with the variables of the audience.
        pattern: The same as elements.
        prefix: The text with which every name begins that the pattern matches.
        text: The pattern as it was written; `catalog` for that.
        actions: Those that a registry can ask for.
    """

    effect: Effect
    audience: Audience
    when: Conditions
    type: ResourceType
    key: str
    pattern: Elements = field(compare=False)
    prefix: str = field(compare=False)
    text: str = field(compare=False)
    rule: Rule = field(compare=False, repr=False)

    @property
    def actions(self) -> frozenset[str]:
        """The actions that it allows or denies."""
        return self.rule.actions & ACTIONS_OF[self.type]

    @property
    def first(self) -> str:
        """The first component of every name that it is about; empty where it is not written out."""
        component, slash, _ = self.prefix.partition("/")
        return component if slash or len(self.prefix) == len(self.pattern) else _WILD


def clauses(rule: Rule, when: Conditions | None = None) -> Iterator[Clause]:
    """Take a rule apart.

    Args:
        rule: The rule.
        when: Its conditions in their normal form; as they are where not given.
    """
    when = rule.when if when is None else when
    for audience in of(rule.who):
        for pattern in rule.repositories:
            # without a login there is no name of one's own
            own = audience.kind is WhoKind.EVERYONE and USERNAME in pattern.variables
            meant = replace(AUTHENTICATED, exceptions=audience.exceptions) if own else audience
            bound = bind(tokens(pattern), meant)
            if bound is not None:
                place = (ResourceType.REPOSITORY, written(bound), bound, prefix(bound), pattern.text)
                yield Clause(rule.effect, meant, when, *place, rule)
        if rule.catalog:
            place = (ResourceType.REGISTRY, CATALOG, _CATALOG, CATALOG, CATALOG)
            yield Clause(rule.effect, audience, when, *place, rule)


def tokens(pattern: RepositoryPattern) -> tuple[Token, ...]:
    """Return the pieces of a pattern over repositories."""
    return (*pattern.beginning, *pattern.rest)


_Place = tuple[Effect, ResourceType, WhoKind, object]


class Clauses:
    """The clauses of a rule set that hold now or later, found by their audience and by how they begin.

    Attributes:
        by_rule: The rules, each with its clauses.
        each: One clause for each action and meaning, by these.
    """

    def __init__(self, rules: Iterable[Rule], now: datetime) -> None:
        """Take rules apart; what is over by now is left out."""
        self.by_rule: list[tuple[Rule, list[Clause]]] = []
        self._found: dict[_Place, dict[str, list[Clause]]] = defaultdict(lambda: defaultdict(list))
        self.each: dict[tuple[str, Clause], Clause] = {}
        for rule in rules:
            when = rule.when.normal(now)
            made = list(clauses(rule, when)) if when is not None else []
            self.by_rule.append((rule, made))
            for clause in made:
                self._found[_place(clause)][clause.first].append(clause)
                for action in sorted(clause.actions):
                    self.each.setdefault((action, clause), clause)
        for by_first in self._found.values():
            for found in by_first.values():
                found.sort(key=lambda one: len(one.pattern))  # the widest come first

    def covering(
        self, clause: Clause, effect: Effect, *, whole: bool = False, most: int | None = None
    ) -> Iterator[tuple[Clause, Known]]:
        """Return the clauses whose audience covers that of another, each with what its variables stand for.

        Args:
            clause: The other one.
            effect: Which of the two effects they have.
            whole: Leave out those that cannot match every name that it matches.
            most: How many are looked at of one place and one beginning; all where not given.
        """
        covered: dict[Audience, Known | None] = {}
        for place in _places(clause, effect):
            for wider in _near(self._found.get(place, {}), clause.first, whole=whole, most=most):
                if whole and not clause.prefix.startswith(wider.prefix):
                    continue
                if wider.audience not in covered:
                    covered[wider.audience] = wider.audience.cover(clause.audience)
                known = covered[wider.audience]
                if known is not None:
                    yield wider, known


def _place(clause: Clause) -> _Place:
    return clause.effect, clause.type, clause.audience.kind, clause.audience.literal


def _places(clause: Clause, effect: Effect) -> Iterator[_Place]:
    """Return where the clauses are whose audience may cover that of another."""
    kinds = dict.fromkeys((clause.audience.kind, WhoKind.AUTHENTICATED, WhoKind.EVERYONE))
    for kind in kinds:
        yield effect, clause.type, kind, None
    names = [one.literal for one in clause.audience.called if one.literal is not None]
    for count in range(1, len(names) + 1):
        for some in combinations(names, count):
            yield effect, clause.type, clause.audience.kind, some


def _near(
    by_first: dict[str, list[Clause]], first: str, *, whole: bool, most: int | None
) -> Iterator[Clause]:
    """Return the clauses that may match a name with a first component."""
    if first == _WILD and not whole:
        return chain.from_iterable(by_first.values())
    return chain.from_iterable(by_first.get(one, ())[:most] for one in dict.fromkeys((first, _WILD)))
