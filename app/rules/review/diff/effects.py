"""The search for what changes between two rule sets: effects, not text.

Both rule sets are taken apart into clauses. A clause that both have changes nothing. Of every other one it
is asked which names it allows or denies that are not allowed or denied otherwise, for its whole audience and
whenever it holds. Where there is such a name, a matching subject is made and both rule sets are evaluated:
different is certain, otherwise the change is one that may be. No change is ever omitted.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from itertools import islice, product

from app.protocol.scope import Scope
from app.rules.conditions import Attribute, Context
from app.rules.decide import decide
from app.rules.decision import Effect
from app.rules.model import RuleSet
from app.rules.parts.audience import Audience, rebind
from app.rules.parts.automaton import Elements, TooHardError, Word, beyond, loose, meet
from app.rules.parts.bindings import solve
from app.rules.parts.clauses import Clause, Clauses
from app.rules.parts.examples import example, persona
from app.rules.patterns.syntax import TokenKind
from app.rules.persona import Persona
from app.rules.review.circumstances import RequestClasses

_MOST_CONTEXTS = 256
_MOST_WAYS = 8
_MOST_TRIES = 64
"""How many clauses of the other effect are tried; beyond, a change may be."""

Ask = Callable[[Context | None], Word | None]
"""Returns a name that is concerned by a request, or by any; None where there is none."""


class Because(enum.StrEnum):
    """What made a change."""

    ALLOWED = "allowed"
    NO_LONGER_ALLOWED = "no longer allowed"
    DENIED = "denied"
    NO_LONGER_DENIED = "no longer denied"


_BECAUSE = {
    (Effect.ALLOW, True): Because.ALLOWED,
    (Effect.ALLOW, False): Because.NO_LONGER_ALLOWED,
    (Effect.DENY, True): Because.NO_LONGER_DENIED,
    (Effect.DENY, False): Because.DENIED,
}


@dataclass(frozen=True, slots=True)
class Impact:
    """What one clause that only one of the rule sets has changes, for one action.

    Attributes:
        gains: Whether somebody gains rather than loses.
        word: A name that is concerned; None where none was found.
        also: What somebody must be besides, because the other rule set excepts just them.
        context: A request for it that is decided differently; None where none was found.
    """

    clause: Clause
    action: str
    gains: bool
    word: Word | None
    context: Context | None
    also: Audience | None = None

    @property
    def certain(self) -> bool:
        """Whether a request was found that is decided differently; if not, there may be one."""
        return self.context is not None

    @property
    def because(self) -> Because:
        """What made the change."""
        return _BECAUSE[self.clause.effect, self.gains]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two rule sets, and the classes of requests that their conditions tell apart."""

    before: _Side
    after: _Side
    told_apart: RequestClasses

    @classmethod
    def of(cls, old: RuleSet, new: RuleSet, now: datetime) -> Comparison:
        """Take two rule sets apart; what is over by now is left out."""
        before, after = _Side(old, Clauses(old.rules, now)), _Side(new, Clauses(new.rules, now))
        conditions = {clause.when for side in (before, after) for clause in side.clauses.each.values()}
        return cls(before, after, RequestClasses.of(conditions, now))

    def impacts(self) -> Iterator[Impact]:
        """Find who gains and who loses; a loss is a gain the other way round."""
        yield from _Search(self.before, self.after, self.told_apart, gains=True).impacts()
        yield from _Search(self.after, self.before, self.told_apart, gains=False).impacts()


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two rule sets."""

    rules: RuleSet
    clauses: Clauses

    def over(self, clause: Clause, action: str, effect: Effect) -> _Over:
        """Find the clauses of an effect whose audience covers that of another, for one action."""
        return _Over(
            clause,
            tuple(
                (wider, pattern)
                for wider, known in self.clauses.covering(clause, effect)
                if action in wider.actions and (pattern := rebind(wider.pattern, known)) is not None
            ),
        )

    def grants(self, subject: Persona | None, asked: Scope, context: Context) -> bool:
        """Whether the rules grant something."""
        return bool(decide(self.rules, subject, (asked,), context).access)


@dataclass(frozen=True, slots=True)
class _Over:
    """The clauses whose audience covers that of another, each with its pattern for the other's variables."""

    clause: Clause
    wider: tuple[tuple[Clause, Elements], ...]

    def patterns(self, context: Context | None) -> Iterator[Elements]:
        """Return the patterns of those that apply.

        Args:
            context: A request to which the other clause applies; None is every one to which it does.
        """
        return (pattern for wider, pattern in self.wider if self._applies(wider, context))

    def _applies(self, wider: Clause, context: Context | None) -> bool:
        if context is None:
            return self.clause.when.implies(wider.when)
        return wider.when.hold_with(self.clause.when, context)


@dataclass(frozen=True, slots=True)
class _Search:
    """The search for what one rule set grants and another does not.

    Attributes:
        poor: The one that does not.
        rich: The one that does.
        gains: Whether the rich one is the new one.
    """

    poor: _Side
    rich: _Side
    told_apart: RequestClasses
    _: KW_ONLY
    gains: bool

    def impacts(self) -> Iterator[Impact]:
        """Ask about every clause that only one of them has."""
        for effect, side, other, ask in (
            (Effect.ALLOW, self.rich, self.poor, self._allowed),
            (Effect.DENY, self.poor, self.rich, self._no_longer_denied),
        ):
            for (action, key), clause in side.clauses.each.items():
                if clause.effect is effect and (action, key) not in other.clauses.each:
                    found = ask(clause, action)
                    if found is not None:
                        yield found

    def _allowed(self, clause: Clause, action: str) -> Impact | None:
        """Look for a name that an allow adds: not allowed otherwise, and not denied."""
        allowed = self.poor.over(clause, action, Effect.ALLOW)
        denied = self.rich.over(clause, action, Effect.DENY)

        def ask(context: Context | None) -> Word | None:
            return beyond(clause.pattern, [*allowed.patterns(context), *denied.patterns(context)])

        return self._prove(ask, action, clause)

    def _no_longer_denied(self, clause: Clause, action: str) -> Impact | None:
        """Look for a name that a deny took: not denied otherwise, and allowed to somebody.

        Whatever else the poor one denies, nobody can gain more than what this deny took.
        """
        perhaps: Impact | None = None
        denied = self.rich.over(clause, action, Effect.DENY)
        allows = (one for (word, _), one in self.rich.clauses.each.items() if word == action)
        meeting = (one for one in allows if one.effect is Effect.ALLOW and _meet(clause, one))
        for tries, allow in enumerate(meeting):
            if tries >= _MOST_TRIES:
                return perhaps or self._impact(clause, action)
            found = self._allowed_now(clause, allow, action, denied)
            if found is not None and found.certain:
                return found
            perhaps = perhaps or found
        return perhaps

    def _allowed_now(self, clause: Clause, allow: Clause, action: str, denied: _Over) -> Impact | None:
        """Look for a name that a deny took and that an allow is about."""

        def ask(context: Context | None) -> Word | None:
            return beyond(clause.pattern, denied.patterns(context), also=loose(allow.pattern))

        def ask_of_values(context: Context | None) -> Word | None:
            if beyond(clause.pattern, denied.patterns(context)) is None:
                return None  # whatever the values of the variables, all of it is still denied
            return beyond(loose(clause.pattern), [], also=loose(allow.pattern))

        found = self._prove(ask, action, clause, allow)
        if found is None and any(token.kind is TokenKind.VARIABLE for token in clause.pattern):
            return self._prove(ask_of_values, action, clause, allow)
        return found

    def _prove(self, ask: Ask, action: str, *clauses: Clause) -> Impact | None:
        """Look for a request that is decided differently, in each class of requests.

        Args:
            ask: Returns a name.
            action: The action.
            clauses: The one that is asked about, and one that must apply too.
        """
        try:
            word = ask(None)
            if word is None:
                return None
            contexts = self.told_apart.contexts(clause.when for clause in clauses)
            named = [(context, ask(context)) for context in islice(contexts, _MOST_CONTEXTS)]
            all_tried = next(contexts, None) is None
        except TooHardError:
            return self._impact(clauses[0], action)
        left = [(context, name) for context, name in named if name is not None]
        for also in (None, *self._exceptions(action)):
            for context, name in left:
                if self._differ(name, action, clauses, context, also):
                    return self._impact(clauses[0], action, name, context, also)
        if not left and all_tried:
            return None
        return self._impact(clauses[0], action, word)

    def _exceptions(self, action: str) -> list[Audience]:
        """Return some of those whom allows of the poor one except."""
        allows = (one for (word, _), one in self.poor.clauses.each.items() if word == action)
        found = dict.fromkeys(also for one in allows for also in one.audience.exceptions)
        return [*islice(found, _MOST_WAYS)]

    def _impact(
        self,
        clause: Clause,
        action: str,
        word: Word | None = None,
        context: Context | None = None,
        also: Audience | None = None,
    ) -> Impact:
        return Impact(clause, action, self.gains, word, context, also)

    def _differ(
        self,
        word: Word,
        action: str,
        clauses: Sequence[Clause],
        context: Context,
        also: Audience | None,
    ) -> bool:
        """Make a subject that all clauses mean, and evaluate both rule sets; in several ways if there are."""
        name = example(word, {})
        asked = Scope(clauses[0].type, name, frozenset([action]))
        ways = product(*(solve(clause.pattern, name) for clause in clauses))
        for way in islice(ways, _MOST_WAYS):
            parts = [(clause.audience, values) for clause, values in zip(clauses, way, strict=True)]
            parts += [(also, {})] if also is not None else []
            conditions = [condition for clause in clauses for condition in clause.when]
            try:
                subject = persona(*parts, attributes=Attribute.examples(conditions))
            except ValueError:
                continue
            rich, poor = (side.grants(subject, asked, context) for side in (self.rich, self.poor))
            if rich and not poor:
                return True
        return False


def _meet(clause: Clause, other: Clause) -> bool:
    """Whether two clauses may be about one name and one subject."""
    return not clause.audience.names_another(other.audience) and meet(clause.pattern, other.pattern)
