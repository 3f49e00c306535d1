"""Rules that others make superfluous, and allows that a deny takes all from.

Each rule is compared with the few that can be wider: those for the same names, for a pattern over such
names, or for anybody, whose repositories begin alike. So the work grows with the rules, not with its square.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from app.protocol.scope import CATALOG
from app.rules.conditions import Conditions
from app.rules.decision import Effect
from app.rules.model import Rule
from app.rules.patterns.pattern import USERNAME
from app.rules.patterns.pieces import Token
from app.rules.review import audience, automaton
from app.rules.review.audience import Kind, Whom
from app.rules.review.automaton import Elements, TooHardError
from app.rules.review.lint.finding import Finding, Name

_WILD = "*"
_ANYBODY = (Kind.EVERYONE, Kind.AUTHENTICATED)
_COMPARED = 50
"""Wider pieces that one is compared with, of those that are found in one place; the widest come first."""
_CATALOG = automaton.elements([Token("text", f"{CATALOG}:")])
"""What stands for the catalog; it is no repository name."""

Key = tuple[Effect, Kind, object, str]


@dataclass(frozen=True, slots=True)
class Piece:
    """One way in which a rule is for somebody, and one pattern of repositories."""

    rule: Rule
    when: Conditions
    whom: Whom
    pattern: Elements

    def within(self, wider: Piece) -> bool:
        """Tell whether whatever this piece speaks of, another speaks of too."""
        if not (
            self.rule.actions <= wider.rule.actions
            and _may_lie_within(self.pattern, wider.pattern)
            and _may_lie_within(self.whom.name, wider.whom.name)
            and self._knows(wider)
            and self.when.implies(wider.when)
        ):
            return False
        known = wider.whom.seen_by(self.whom)
        if known is None:
            return False
        pattern = audience.rebind(wider.pattern, known, same=wider.whom == self.whom)
        return pattern is not None and _lies_within(self.pattern, pattern)

    def _knows(self, wider: Piece) -> bool:
        """Tell whether it can be known what the variables of a wider piece stand for."""
        return (
            self.whom.literal is not None
            or self.whom == wider.whom
            or all(token.kind != "variable" or token.value == USERNAME for token in wider.pattern)
        )


class Pieces:
    """The pieces of all rules, found by whom they are for and what they begin with."""

    def __init__(self, rules: Iterable[Rule], now: datetime) -> None:
        self._found: dict[Key, list[Piece]] = defaultdict(list)
        self.by_rule: list[tuple[Rule, list[Piece]]] = []
        for rule in rules:
            when = rule.when.normal(now)
            pieces = list(_pieces(rule, when)) if when is not None else []
            self.by_rule.append((rule, pieces))
            for piece in pieces:
                first = _first(piece.pattern)
                self._found[rule.effect, piece.whom.kind, _name(piece.whom), first].append(piece)
        for found in self._found.values():
            found.sort(key=lambda piece: len(piece.pattern))

    def wider(self, piece: Piece, effect: Effect) -> Iterator[Piece]:
        """Give the pieces of other rules within which one lies."""
        names = {_name(piece.whom), None}
        places = [(piece.whom.kind, name) for name in names]
        places += [(kind, None) for kind in _ANYBODY if kind is not piece.whom.kind]
        for kind, name in places:
            for first in {_first(piece.pattern), _WILD}:
                for other in self._found.get((effect, kind, name, first), ())[:_COMPARED]:
                    if other.rule is not piece.rule and piece.within(other):
                        yield other


def find(rules: Iterable[Rule], now: datetime) -> Iterator[Finding]:
    """Look for rules that others make superfluous, or that a deny takes all from."""
    pieces = Pieces(rules, now)
    superfluous: set[str] = set()
    for rule, own in pieces.by_rule:
        wider = _around(pieces, own, Effect.DENY) if rule.effect is Effect.ALLOW else None
        if wider is not None:
            text = f"all that the rule {rule.id!r} allows, {wider.id!r} ({wider.position}) denies"
            hint = "take it out, or make the deny narrower"
            yield Finding(Name.DENIED, rule.id, rule.position, text, hint)
            continue
        wider = _around(pieces, own, rule.effect, superfluous)
        if wider is not None:
            superfluous.add(rule.id)
            text = f"the rule {rule.id!r} adds nothing to {wider.id!r} ({wider.position})"
            yield Finding(Name.CONTAINED, rule.id, rule.position, text, "take it out")


def _around(pieces: Pieces, own: list[Piece], effect: Effect, but: set[str] | None = None) -> Rule | None:
    """Find one rule within which all pieces of another lie; of equal rules, not one already reported."""
    around: dict[str, Rule] | None = None
    for piece in own:
        found = {other.rule.id: other.rule for other in pieces.wider(piece, effect)}
        around = found if around is None else {id_: around[id_] for id_ in around if id_ in found}
        if not around:
            return None
    left = [rule for rule in (around or {}).values() if rule.id not in (but or ())]
    return min(left, key=lambda rule: rule.order, default=None)


def _pieces(rule: Rule, when: Conditions) -> Iterator[Piece]:
    for who in audience.of(rule.who):
        for pattern in rule.repositories:
            bound = audience.bind((*pattern.beginning, *pattern.rest), who)
            if bound is not None:
                yield Piece(rule, when, who, bound)
        if rule.catalog:
            yield Piece(rule, when, who, _CATALOG)


def _name(who: Whom) -> object:
    """Give what somebody is found by: a literal name; a pattern stands among all patterns of its kind."""
    return who.literal


def _first(pattern: Elements) -> str:
    """Give the first component of a pattern where it is plain text."""
    letters = []
    for token in pattern:
        if token.kind != "text":
            return _WILD
        if token.value == "/":
            break
        letters.append(token.value)
    return "".join(letters)


def _may_lie_within(narrow: Elements, wide: Elements) -> bool:
    """Tell at a glance where one pattern cannot lie within another, by the text that both begin with."""
    for left, right in zip(narrow, wide, strict=False):
        if right.kind != "text":
            return True
        if left.kind != "text":
            return False
        if left.value != right.value:
            return False
    return len(wide) <= len(narrow) or wide[len(narrow)].kind != "text"


def _lies_within(narrow: Elements, wide: Elements) -> bool:
    if narrow == wide:
        return True
    if narrow == _CATALOG or all(token.kind == "text" for token in wide):
        return False
    if [token.kind for token in wide] == ["deep"]:
        return True
    try:
        return automaton.beyond(narrow, [wide]) is None
    except TooHardError:
        return False
