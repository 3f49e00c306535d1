"""What changes between two rule sets for those who ask: effects, not text.

Each rule set is taken apart into grants. One that both have changes nothing. Of every other it is asked which
names it adds or takes that are not given or taken otherwise, for all whom it means and whenever it holds.
Where there is one, somebody is made whom it means, and both rule sets decide: if they differ, the change is
certain. If not, it is told as one that may be: no change is ever left out.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, product

from app.protocol.scope import ALL_ACTIONS, ResourceType, Scope
from app.rules.conditions import Attribute, Context
from app.rules.decide import decide
from app.rules.decision import Effect
from app.rules.model import RuleSet
from app.rules.review import audience
from app.rules.review.automaton import TooHardError, Word, beyond, loose, meet
from app.rules.review.bindings import solve
from app.rules.review.circumstances import Circumstances
from app.rules.review.diff.grants import Grant, Grants

_MOST_CONTEXTS = 256
_MOST_WAYS = 8
_MOST_TRIES = 64
"""How often somebody is made to prove a change; beyond, it is told as one that may be."""

Ask = Callable[[Context | None], Word | None]
"""Gives a name that is concerned by a request, or by any; None where there is none."""


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
class Found:
    """What one grant, which only one of the rule sets has, changes.

    Attributes:
        gains: Whether somebody gains rather than loses.
        certain: Whether a request was found that is decided differently; if not, there may be one.
        word: A name that is concerned; None where none was found.
        context: When it is; None where that was not found out.
    """

    grant: Grant
    gains: bool
    certain: bool
    word: Word | None
    context: Context | None

    @property
    def because(self) -> Because:
        """Tell what made the change."""
        return _BECAUSE[self.grant.effect, self.gains]


@dataclass(frozen=True, slots=True)
class _Side:
    rules: RuleSet
    grants: Grants

    def of(self, effect: Effect) -> Iterator[Grant]:
        return (grant for grant in self.grants.all if grant.effect is effect)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two rule sets, and the classes of requests that their conditions tell apart."""

    before: _Side
    after: _Side
    told_apart: Circumstances

    @classmethod
    def of(cls, old: RuleSet, new: RuleSet, now: datetime) -> Comparison:
        """Take two rule sets apart; what is over by now is left out."""
        before, after = _Side(old, Grants.of(old.rules, now)), _Side(new, Grants.of(new.rules, now))
        conditions = {grant.when for side in (before, after) for grant in side.grants.all}
        return cls(before, after, Circumstances.of(conditions, now))

    def changes(self) -> Iterator[Found]:
        """Find who gains and who loses; a loss is a gain the other way round."""
        for gains, poor, rich in ((True, self.before, self.after), (False, self.after, self.before)):
            added = (grant for grant in rich.of(Effect.ALLOW) if grant not in poor.grants.all)
            taken = (grant for grant in poor.of(Effect.DENY) if grant not in rich.grants.all)
            for find, grants in ((self._allowed, added), (self._no_longer_denied, taken)):
                for grant in grants:
                    found = find(grant, poor, rich, gains=gains)
                    if found is not None:
                        yield found

    def _allowed(self, grant: Grant, poor: _Side, rich: _Side, *, gains: bool) -> Found | None:
        """Look for a name that an allow adds: not allowed otherwise before, and not denied after."""

        def ask(context: Context | None) -> Word | None:
            before = poor.grants.over(grant, Effect.ALLOW, context)
            after = rich.grants.over(grant, Effect.DENY, context)
            return beyond(grant.pattern, [*before, *after])

        return self._prove(ask, (grant,), gains=gains)

    def _no_longer_denied(self, grant: Grant, poor: _Side, rich: _Side, *, gains: bool) -> Found | None:
        """Look for a name that a deny took: not denied otherwise after, and then allowed to somebody."""
        del poor  # whatever else it denied, nobody can gain more than what the deny took
        perhaps: Found | None = None
        meeting = (one for one in rich.of(Effect.ALLOW) if one.action == grant.action and _meet(grant, one))
        for tries, other in enumerate(meeting):
            if tries >= _MOST_TRIES:
                return perhaps or Found(grant, gains, certain=False, word=None, context=None)

            def ask(context: Context | None, other: Grant = other) -> Word | None:
                denied = rich.grants.over(grant, Effect.DENY, context)
                return beyond(grant.pattern, denied, also=loose(other.pattern))

            found = self._prove(ask, (grant, other), gains=gains)
            if found is None and _has_variables(grant):
                found = self._left(grant, other, rich, gains=gains)
            if found is not None and found.certain:
                return found
            perhaps = perhaps or found
        return perhaps

    def _left(self, grant: Grant, other: Grant, rich: _Side, *, gains: bool) -> Found | None:
        """Look for values with which a deny with variables meets an allow."""

        def ask(context: Context | None) -> Word | None:
            if beyond(grant.pattern, rich.grants.over(grant, Effect.DENY, context)) is None:
                return None  # whatever the values, all of it is still denied
            return beyond(loose(grant.pattern), [], also=loose(other.pattern))

        return self._prove(ask, (grant, other), gains=gains)

    def _prove(self, ask: Ask, grants: tuple[Grant, ...], *, gains: bool) -> Found | None:
        """Look for a request that is decided differently, in each class of requests.

        Args:
            ask: Gives a name.
            grants: The one that is asked about, and those that must apply too.
            gains: Whether the new rules grant more.
        """
        try:
            word = ask(None)
            if word is None:
                return None
            contexts = self.told_apart.contexts(grant.when for grant in grants)
            named = [(context, ask(context)) for context in islice(contexts, _MOST_CONTEXTS)]
            all_tried = next(contexts, None) is None
        except TooHardError:
            return Found(grants[0], gains, certain=False, word=None, context=None)
        left = [(context, name) for context, name in named if name is not None]
        for context, name in left:
            if self._differ(name, grants, context, gains=gains):
                return Found(grants[0], gains, certain=True, word=name, context=context)
        if not left and all_tried:
            return None
        return Found(grants[0], gains, certain=False, word=word, context=None)

    def _differ(self, word: Word, grants: tuple[Grant, ...], context: Context, *, gains: bool) -> bool:
        """Make somebody whom grants mean, and let both rule sets decide; in several ways, where there are."""
        name = audience.example(word, {})
        action = grants[0].action
        kind = ResourceType.REGISTRY if action == ALL_ACTIONS else ResourceType.REPOSITORY
        scopes = (Scope(kind, name, frozenset([action])),)
        ways = product(*(solve(grant.pattern, name) for grant in grants))
        for way in islice(ways, _MOST_WAYS):
            parts = [(grant.whom, values) for grant, values in zip(grants, way, strict=True)]
            conditions = [condition for grant in grants for condition in grant.when]
            try:
                subject = audience.persona(*parts, attributes=Attribute.examples(conditions))
            except ValueError:
                continue
            old = bool(decide(self.before.rules, subject, scopes, context).access)
            new = bool(decide(self.after.rules, subject, scopes, context).access)
            if (new > old) if gains else (old > new):
                return True
        return False


def _meet(grant: Grant, other: Grant) -> bool:
    """Tell whether two grants may be about one name and one subject."""
    return not grant.whom.names_another(other.whom) and meet(grant.pattern, other.pattern)


def _has_variables(grant: Grant) -> bool:
    return any(token.kind == "variable" for token in grant.pattern)
