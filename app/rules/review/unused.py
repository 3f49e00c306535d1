"""Which rights nobody used: rules, entries of rules, and robots that no request of an audit stream needed.

An entry is one way in which an allow rule is for somebody: a group, all of several groups, a user, a robot,
`authenticated` or `everyone`. It was used where it allowed something that was granted. Without what was not
used, everything that was granted is still allowed by all that allowed it.

Deny rules are no rights, and are never said to be unused.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from app.configfile.marks import Location
from app.errors import Position
from app.protocol import scope
from app.protocol.scope import Scope
from app.rules import robot_names
from app.rules.conditions import Context, Holds
from app.rules.decide import decide
from app.rules.decision import Effect, Lack
from app.rules.file import load
from app.rules.file.edit import take_out
from app.rules.file.load import Written
from app.rules.file.paths import FileText
from app.rules.model import Robot, Rule, RuleSet, Who
from app.rules.patterns.syntax import USERNAME
from app.rules.persona import Persona
from app.rules.review.audited import AuditCounts, AuditedRequests

Placed = TypeVar("Placed", Rule, Robot)
_MOST_CASES = 1_000_000
"""Cases that are remembered; beyond, the memory begins anew."""


class EntryKind(enum.StrEnum):
    """What is unused."""

    RULE = "rule"
    GROUP = "group"
    ALL_GROUPS = "groups"
    USER = "user"
    ROBOT = "robot"
    AUTHENTICATED = "authenticated"
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class UnusedEntry:
    """Something that nobody used.

    Attributes:
        name: The id of the rule, the pattern as it was written, or the name of the robot.
        rule: The id of the rule that an entry stands in; empty for rules and for robots themselves.
        position: Of the rule or the robot.
        location: The keys and indexes that lead to it in its file.
        kept_for: Why it cannot be taken out all the same; empty for most.
    """

    kind: EntryKind
    name: str
    rule: str
    position: Position
    location: Location
    kept_for: str = ""


@dataclass(slots=True)
class Unused(AuditCounts):
    """What was found, and in which lines.

    Attributes:
        first: The time of the first line of which something was decided.
        last: Of the last one.
        entries: What nobody used, in the order of the files.
    """

    first: str = ""
    last: str = ""
    entries: tuple[UnusedEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """One entry of an allow rule, as a rule of its own."""

    kind: EntryKind
    text: str
    location: Location
    rule: Rule
    alone: Rule

    @property
    def variables(self) -> frozenset[str]:
        """The variables that it binds."""
        who = self.alone.who
        patterns = (*who.groups, *who.all_groups, *who.users, *who.robots)
        return frozenset[str]().union(*(pattern.variables for pattern in patterns))


class UnusedSearch:
    """Reads the lines of an audit stream, and finds out what they did not need."""

    def __init__(self, written: Written, realm: str | None) -> None:
        """Know of no line yet.

        Args:
            written: Rules that load and pass their tests.
            realm: Whose lines are read; None for all.
        """
        self._written, self._rules = written, written.rules
        self._parts = {part.alone.id: part for part in _parts(written)}
        denies = (rule for rule in self._rules.rules if rule.effect is Effect.DENY)
        apart = (*(part.alone for part in self._parts.values()), *denies)
        self._apart = RuleSet(self._rules.version, apart, self._rules.robots)
        self._used: set[str] = set()
        self._robots: set[str] = set()
        self._cases: set[tuple[object, ...]] = set()
        self.result = Unused()
        self._requests = AuditedRequests([self._rules], realm, self.result)

    def line(self, line: bytes) -> None:
        """Take note of what a line needed."""
        request = self._requests.read(line)
        if request is None:
            return
        self.result.first = min(self.result.first or request.time, request.time)
        self.result.last = max(self.result.last, request.time)
        if robot_names.is_canonical(request.subject):
            self._robots.add(robot_names.short(request.subject))
        if request.case in self._cases:
            return
        if len(self._cases) >= _MOST_CASES:
            self._cases.clear()
        self._cases.add(request.case)
        scopes, _ = scope.parse_all(request.asked)
        self._used |= self._needed(request.persona, scopes, request.context)

    def find(self, now: datetime) -> Unused:
        """Find what no line needed.

        Args:
            now: When tests that say no time of their own take place (aware).
        """
        tests = self._of_tests(now)
        by_rule: dict[int, list[_Part]] = defaultdict(list)
        for part in self._parts.values():
            by_rule[part.rule.order].append(part)
        found: list[UnusedEntry] = []
        for parts in by_rule.values():
            rule = parts[0].rule
            if self._was_in_force(rule):
                found += _of_rule(rule, parts, self._used, tests)
        found += self._of_robots()
        self.result.entries = tuple(found)
        return self.result

    def _needed(self, subject: Persona | None, scopes: Iterable[Scope], context: Context) -> set[str]:
        """Return the parts that allow what is granted."""
        if subject is not None and subject.is_robot:
            robot = self._rules.robots.get(robot_names.short(subject.name))
            if robot is None or robot.logs_in.check(None, context) is not Holds.YES:
                return set()
            subject = robot.persona()
        decision = decide(self._apart, subject, tuple(scopes), context)
        return {
            cause.rule
            for resource in decision.resources
            for outcome in resource.outcomes
            if outcome.granted
            for cause in outcome.allowed_by
        }

    def _of_tests(self, now: datetime) -> dict[str, str]:
        """Return the parts that tests of the file need, each with one of these tests."""
        needed: dict[str, str] = {}
        for test in self._written.tests:
            for expectation in test.expectations:
                decision = decide(self._apart, test.subject, (expectation.scope,), test.context(now))
                for outcome in decision.resources[0].outcomes:
                    if outcome.granted:
                        needed |= {cause.rule: test.id for cause in outcome.allowed_by}
        return needed

    def _was_in_force(self, rule: Rule) -> bool:
        """Whether the time of a rule had come at any moment between the first and the last line."""
        if not self.result.first:
            return True
        first, last = map(datetime.fromisoformat, (self.result.first, self.result.last))
        timed = [one for one in rule.when if one.lack is Lack.TIME]
        moments = {first, last, *(edge for one in timed for edge in one.changes(first, last))}
        return any(
            all(one.check(None, Context("", "", moment)) is Holds.YES for one in timed) for moment in moments
        )

    def _of_robots(self) -> Iterator[UnusedEntry]:
        tested = {
            robot_names.short(test.subject.name): test.id
            for test in self._written.tests
            if test.subject is not None and test.subject.is_robot
        }
        for location, robot in _located(self._rules.robots.values(), "robots"):
            if robot.name not in self._robots:
                kept_for = f"test {tested[robot.name]}" if robot.name in tested else ""
                yield UnusedEntry(EntryKind.ROBOT, robot.name, "", robot.position, location, kept_for)


def propose(written: Written, entries: Iterable[UnusedEntry]) -> Written:
    """Return the rules without what nobody used.

    Raises:
        ConfigurationError: They would not load.
    """
    gone = [entry for entry in entries if not entry.kept_for]
    texts = [
        replace(each, text=_without(each, [one for one in gone if one.position.file == each.file]))
        for each in written.texts
    ]
    return load.compiled(texts)


def _without(file: FileText, entries: list[UnusedEntry]) -> str:
    return take_out(file.text, [entry.location for entry in entries]) if entries else file.text


def _of_rule(rule: Rule, parts: list[_Part], used: set[str], tests: dict[str, str]) -> Iterator[UnusedEntry]:
    """Yield a rule, where all of its parts are unused, or those that are."""
    unused = [part for part in parts if part.alone.id not in used]
    kept = {part.alone.id: f"test {tests[part.alone.id]}" for part in unused if part.alone.id in tests}
    if len(unused) == len(parts) and not kept:
        yield UnusedEntry(EntryKind.RULE, rule.id, "", rule.position, parts[0].location[:2])
        return
    left = frozenset[str]().union(
        *(part.variables for part in parts if part not in unused or part.alone.id in kept)
    )
    wanted = frozenset[str]().union(*(pattern.variables for pattern in rule.repositories)) - {USERNAME}
    for part in unused:
        unbound = sorted((wanted - left) & part.variables)
        kept_for = kept.get(part.alone.id) or (f"{{{unbound[0]}}} in repositories" if unbound else "")
        yield UnusedEntry(part.kind, part.text, rule.id, rule.position, part.location, kept_for)


def _parts(written: Written) -> Iterator[_Part]:
    """Take the allow rules apart."""
    for at, rule in _located(written.rules.rules, "rules"):
        if rule.effect is not Effect.ALLOW:
            continue
        for kind, text, location, who in entries(rule.who):
            name = f"{rule.order} {' '.join(map(str, location))}"
            alone = replace(rule, id=name, who=replace(who, exceptions=rule.who.exceptions))
            yield _Part(kind, text, (*at, *location), rule, alone)


def entries(who: Who) -> Iterator[tuple[EntryKind, str, Location, Who]]:
    """Yield each way in which a rule is for somebody, exceptions apart, with where it stands in the rule."""
    for index, group in enumerate(who.groups):
        yield EntryKind.GROUP, group.text, ("groups", index), Who(groups=(group,))
    if who.all_groups:
        text = " and ".join(group.text for group in who.all_groups)
        yield EntryKind.ALL_GROUPS, text, ("all_groups",), Who(all_groups=who.all_groups)
    for index, user in enumerate(who.users):
        yield EntryKind.USER, user.text, ("users", index), Who(users=(user,))
    for index, robot in enumerate(who.robots):
        yield EntryKind.ROBOT, robot.text, ("robots", index), Who(robots=(robot,))
    if who.authenticated:
        yield EntryKind.AUTHENTICATED, "", ("authenticated",), Who(authenticated=True)
    if who.everyone:
        yield EntryKind.EVERYONE, "", ("everyone",), Who(everyone=True)


def _located(each: Iterable[Placed], section: str) -> Iterator[tuple[Location, Placed]]:
    """Yield rules or robots with where each stands in its file: they are in the order of the files."""
    counts: dict[str, int] = {}
    for one in each:
        index = counts.get(one.position.file, 0)
        counts[one.position.file] = index + 1
        yield (section, index), one
