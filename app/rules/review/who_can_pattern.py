"""Who can do one thing with the repositories of a pattern: with all of them, or with a part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.errors import Refusal
from app.protocol.scope import ResourceType
from app.rules.conditions import Conditions, Holds
from app.rules.decision import Effect
from app.rules.model import Rule, RuleSet, Subject
from app.rules.parts.audience import rebind
from app.rules.parts.automaton import Elements, TooHardError, beyond, elements, loose, meet, spell, written
from app.rules.parts.bindings import Reached, reached, solve
from app.rules.parts.clauses import Clause, Clauses, tokens
from app.rules.patterns.repository import RepositoryPattern
from app.rules.patterns.syntax import Token, TokenKind
from app.rules.review.entitlements import Extent, Fixed, entitlements, extent
from app.rules.review.people import SubjectKind, names_of
from app.rules.review.subjects import AskedDirectory


@dataclass(frozen=True, slots=True)
class PatternWay:
    """One way in which a rule gives or takes the action on repositories of a pattern.

    Attributes:
        who: For whom, in words.
        reached: The same, where the pattern says what the variables of the rule stand for; else None.
        on: The pattern of the rule, with what its variables stand for.
        extent: With how many of the repositories somebody who has this way alone can; NONE of what takes.
        denied_by: The rules that take it from all who have this way, somewhere or at times.
    """

    rule: Rule
    who: str
    reached: Reached | None
    on: str
    when: tuple[str, ...]
    extent: Extent
    denied_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatternSubject:
    """One subject, and with how many of the repositories it can.

    Attributes:
        through: What made the rules apply that allow it.
        on: The patterns of these rules.
        conditions: Of these rules, in words.
    """

    name: str
    kind: SubjectKind
    extent: Extent
    through: tuple[str, ...]
    on: tuple[str, ...]
    allowed_by: tuple[str, ...]
    conditions: tuple[str, ...]


class PatternInquiry:
    """One action on the repositories of a pattern, under a rule set."""

    def __init__(self, rules: RuleSet, pattern: RepositoryPattern, action: str, fixed: Fixed) -> None:
        """Find the rules that may be about them.

        Args:
            rules: The rules.
            pattern: Without variables.
            action: One action on a repository.
            fixed: What of the requests is known.
        """
        self._rules, self._action, self._fixed = rules, action, fixed
        self._wanted = elements(tokens(pattern))
        in_force = [rule for rule in rules.rules if action in rule.actions and self._may_hold(rule.when)]
        self._clauses = Clauses(in_force, fixed.context.now)

    def ways(self) -> tuple[PatternWay, ...]:
        """Return every way: first what gives, then what takes."""
        found: dict[tuple[str, str, str], PatternWay] = {}
        for _, clauses in self._clauses.by_rule:
            for clause in clauses:
                if clause.type is ResourceType.REPOSITORY and meet(self._wanted, clause.pattern):
                    way = self._way(clause)
                    found.setdefault((way.rule.id, way.who, way.on), way)
        return tuple(sorted(found.values(), key=lambda way: (way.rule.effect, way.who, way.on, way.rule.id)))

    def people(
        self, ways: Sequence[PatternWay], directory: AskedDirectory
    ) -> tuple[list[PatternSubject], list[str]]:
        """Find the people who have ways, and say of each with how many of the repositories it can.

        Returns:
            The people and robots, and the ways that are not those of one person or one group, in words.

        Raises:
            WharfingerError: The directory does not say.
        """
        names: set[str] = set()
        not_listed: list[str] = []
        for way in ways:
            if way.rule.effect is Effect.DENY:
                continue
            found = names_of(way.reached, directory) if way.reached is not None else None
            if found is None:
                not_listed.append(way.who)
            else:
                names.update(found)
        subjects = [*self._looked_up(sorted(names), directory), *self._robots()]
        return [one for one in subjects if one.extent is not Extent.NONE], list(dict.fromkeys(not_listed))

    def _looked_up(self, names: Iterable[str], directory: AskedDirectory) -> Iterator[PatternSubject]:
        for name in names:
            subject = directory.look_up(name)
            if not isinstance(subject, Refusal):  # an account that cannot log in can do nothing
                yield self._subject(subject.name, SubjectKind.PERSON, subject)

    def _robots(self) -> Iterator[PatternSubject]:
        for _, robot in sorted(self._rules.robots.items()):
            if not robot.has_expired(self._fixed.context.now):
                persona = robot.persona()
                yield self._subject(persona.name, SubjectKind.ROBOT, persona)

    def _subject(self, name: str, kind: SubjectKind, subject: Subject) -> PatternSubject:
        found = entitlements(self._rules, subject, self._fixed)
        how_many, by = extent(found, self._wanted, self._action)
        return PatternSubject(
            name,
            kind,
            how_many,
            tuple(sorted({through for one in by for through in one.claim.through})),
            tuple(sorted({one.claim.repositories for one in by})),
            tuple(sorted({one.claim.rule.id for one in by})),
            tuple(sorted({word for one in by for word in one.claim.when})),
        )

    def _way(self, clause: Clause) -> PatternWay:
        values = self._values(clause)
        known = reached(clause.rule, clause.audience, values) if values is not None else None
        pattern = clause.pattern if values is None else _bound(clause.pattern, values)
        on = written(pattern) if known is not None else clause.text
        who = str(known) if known is not None else str(clause.audience)
        when = self._words(clause.when)
        if clause.effect is Effect.DENY:
            return PatternWay(clause.rule, who, known, on, when, Extent.NONE, ())
        denied_by, taken = self._denied(clause, pattern, values or {})
        is_all = taken is Extent.NONE and self._is_all(pattern)
        how_many = Extent.NONE if taken is Extent.ALL else Extent.ALL if is_all else Extent.PART
        return PatternWay(clause.rule, who, known, on, when, how_many, denied_by)

    def _values(self, clause: Clause) -> Mapping[str, str] | None:
        """Return what the variables of a clause stand for on every name; None if not the same on all."""
        if all(token.kind is not TokenKind.VARIABLE for token in clause.pattern):
            return {}
        try:
            word = beyond(loose(clause.pattern), [], also=self._wanted)
            for values in solve(clause.pattern, spell(word)) if word is not None else ():
                if beyond(loose(clause.pattern), [_bound(clause.pattern, values)], also=self._wanted) is None:
                    return values
        except TooHardError:
            pass
        return None

    def _denied(
        self, clause: Clause, pattern: Elements, values: Mapping[str, str]
    ) -> tuple[tuple[str, ...], Extent]:
        """Return the rules that take it from all of an audience, and how much of it they always do."""
        taking, always = set[str](), list[Elements]()
        for deny, known in self._clauses.covering(clause, Effect.DENY):
            taken = rebind(deny.pattern, known)
            taken = _bound(taken, values) if taken is not None else None
            if taken is None or not (meet(taken, pattern) and meet(taken, self._wanted)):
                continue
            taking.add(deny.rule.id)
            if not self._words(deny.when):
                always.append(taken)
        if not always:
            return tuple(sorted(taking)), Extent.NONE
        # with variables left, the question is asked of every value, and so of all that the rule is about
        also = None if any(token.kind is TokenKind.VARIABLE for token in pattern) else self._wanted
        try:
            is_all = beyond(pattern, always, also=also) is None
        except TooHardError:
            is_all = False
        return tuple(sorted(taking)), Extent.ALL if is_all else Extent.PART

    def _is_all(self, pattern: Elements) -> bool:
        try:
            return beyond(self._wanted, [pattern]) is None
        except TooHardError:
            return False

    def _may_hold(self, when: Conditions) -> bool:
        known = (one for one in when if self._fixed.knows(one))
        return all(one.check(_UNKNOWN, self._fixed.context) is not Holds.NO for one in known)

    def _words(self, when: Conditions) -> tuple[str, ...]:
        """Put into words what of conditions may hold or not."""
        left = (
            one
            for one in when
            if not self._fixed.knows(one) or one.check(_UNKNOWN, self._fixed.context) is Holds.UNKNOWN
        )
        return tuple(word for one in left for word in one.words())


class _Unknown:
    """Somebody of whose attributes nothing is known."""

    def values(self, attribute: str) -> None:
        """Know nothing."""


_UNKNOWN = _Unknown()


def _bound(pattern: Elements, values: Mapping[str, str]) -> Elements:
    return elements(pattern, {number: Token(TokenKind.TEXT, value) for number, value in values.items()})
