"""The entries of a rules file as rules, robots and tests; what their keys say together is checked here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from app import dn
from app.configfile.marks import Location
from app.configfile.yaml import Document
from app.errors import Problem
from app.protocol.scope import ALL_ACTIONS, Action
from app.rules import robot_names
from app.rules.conditions import ALWAYS, Attribute, Condition, Conditions, Period, Service
from app.rules.decision import Effect
from app.rules.file.owner_tests import Expectation, Test, everything
from app.rules.file.schema import ExceptEntry, RobotEntry, RuleEntry, TestEntry, TestSubject, WhenEntry
from app.rules.file.values import named_group, nearest, parse_time, secret_hash
from app.rules.model import NO_EXCEPTIONS, Exceptions, Robot, Rule, Who
from app.rules.networks import Network
from app.rules.patterns.repository import RepositoryPattern
from app.rules.patterns.syntax import USERNAME
from app.rules.persona import NamedGroup, Persona


class Compiler:
    """Compiles entries of one document; collects problems rather than raising them.

    Attributes:
        contact: Whom people ask about rules that name nobody themselves.
    """

    def __init__(self, document: Document, *, first_order: int) -> None:
        self._document = document
        self._first_order = first_order
        self.contact = ""
        self.problems: list[Problem] = []

    def rule(self, index: int, entry: RuleEntry) -> Rule:
        """Compile a rule."""
        at: Location = ("rules", index)
        who = Who(
            groups=tuple(entry.groups or ()),
            all_groups=tuple(dict.fromkeys(entry.all_groups or ())),
            users=tuple(entry.users or ()),
            robots=tuple(entry.robots or ()),
            authenticated=entry.authenticated,
            everyone=entry.everyone,
            exceptions=_exceptions(entry.except_),
        )
        repositories = tuple(entry.repositories or ())
        when = _conditions(entry.when)
        self._check_parts(entry, at)
        self._check_exceptions(entry, at)
        self._check_variables(who, repositories, at)
        self._check_when(entry, when, (*at, "when"))
        effect = Effect.ALLOW if entry.allow is not None else Effect.DENY
        return Rule(
            order=self._first_order + index,
            id=entry.id,
            description=entry.description,
            position=self._document.position(at),
            who=who,
            repositories=repositories,
            catalog=entry.catalog,
            effect=effect,
            actions=expand(effect, entry.allow or entry.deny or ()),
            when=when,
            contact=entry.contact or self.contact,
        )

    def robot(self, index: int, entry: RobotEntry) -> Robot:
        """Compile a robot."""
        if len(entry.secrets) != len(set(entry.secrets)):
            at: Location = ("robots", index, "secrets", 1)
            self._report(at, f"the robot {entry.name!r} has one secret twice", "take one of them out")
        return Robot(
            name=entry.name,
            secret_hashes=tuple(map(secret_hash, entry.secrets)),
            groups=tuple(map(NamedGroup.parse, entry.groups)),
            expires=parse_time(entry.expires, end_of_day=True) if entry.expires is not None else None,
            networks=tuple(entry.networks or ()),
            position=self._document.position(("robots", index)),
        )

    def test(
        self, index: int, entry: TestEntry, robots: Mapping[str, Robot], named: Collection[str] | None
    ) -> Test | None:
        """Compile a test; None where it is about nobody whom there is.

        Args:
            index: Its place in the list.
            entry: What it says.
            robots: The robots of all files.
            named: Their names, also of those that could not be compiled; None where not all are known.
        """
        at: Location = ("tests", index)
        earlier = len(self.problems)
        subject = self._subject(entry, robots, named, at)
        if len(self.problems) > earlier:
            return None
        return Test(
            id=entry.id,
            position=self._document.position(at),
            subject=subject,
            service=entry.service,
            address=entry.from_,
            at=parse_time(entry.at, end_of_day=False) if entry.at is not None else None,
            expectations=tuple(
                self._expectation((*at, "expect", name), name, actions)
                for name, actions in entry.expect.items()
            ),
        )

    def _check_parts(self, entry: RuleEntry, at: Location) -> None:
        named = entry.groups or entry.all_groups or entry.users or entry.robots
        if not (named or entry.authenticated or entry.everyone):
            hint = "write groups, users, robots, 'authenticated: true' or 'everyone: true'"
            self._report(at, f"the rule {entry.id!r} is for nobody", hint)
        if not (entry.repositories or entry.catalog):
            self._report(
                at, f"the rule {entry.id!r} is about nothing", "write repositories or 'catalog: true'"
            )
        if (entry.allow is None) == (entry.deny is None):
            has = "neither allow nor deny" if entry.allow is None else "both allow and deny"
            self._report(at, f"the rule {entry.id!r} has {has}", "write exactly one of them")
        if entry.catalog and ALL_ACTIONS not in (entry.allow or entry.deny or (ALL_ACTIONS,)):
            word = "allow" if entry.allow is not None else "deny"
            hint = f'write {word}: ["*"]'
            if entry.repositories:
                hint = f"{hint} in a rule of its own, for it would mean all of the repositories' actions here"
            self._report((*at, word), "the catalog knows the action '*' alone", hint)

    def _check_exceptions(self, entry: RuleEntry, at: Location) -> None:
        if entry.except_ is None:
            return
        place: Location = (*at, "except")
        if not entry.except_.model_fields_set:
            self._report(place, "'except' names nobody", "write groups, users or robots, or take the key out")
        if entry.deny is not None:
            text = "a deny has no exception: it always wins"
            self._report(place, text, "name in the rule itself whom it denies")
        if entry.everyone:
            text = "'everyone' has no exception: who is excepted asks without a login"
            self._report(place, text, "write 'authenticated: true'")
        exceptions = _exceptions(entry.except_)
        for key in ("groups", "users", "robots"):
            for index, pattern in enumerate(getattr(exceptions, key)):
                if pattern.variables or pattern.is_personal:
                    text = f"{pattern.text!r} has a variable, and an exception captures nothing"
                    self._report((*place, key, index), text, "write '*' for any part of a name")

    def _check_variables(self, who: Who, repositories: Sequence[RepositoryPattern], at: Location) -> None:
        if not any(pattern.variables for pattern in repositories):
            return
        captured = frozenset[str]().union(
            *(pattern.variables for pattern in (*who.groups, *who.all_groups, *who.users, *who.robots))
        )
        for index, pattern in enumerate(repositories):
            for variable in sorted(pattern.variables - captured - {USERNAME}):
                near = nearest(f"{{{variable}}}", (f"{{{each}}}" for each in {*captured, USERNAME}))
                hint = f"capture it, as in groups: ['team-{{{variable}}}'], or write {{{USERNAME}}}"
                text = f"nothing binds {{{variable}}}"
                self._report((*at, "repositories", index), text, near or hint)

    def _check_when(self, entry: RuleEntry, when: Conditions, at: Location) -> None:
        if "when" in entry.model_fields_set and not entry.when.model_fields_set:
            self._report(at, "'when' has no condition", "write one, or take the key out")
        if any(isinstance(one, Period) and one.is_empty for one in when):
            text = f"the rule {entry.id!r} ends before it begins"
            self._report((*at, "until"), text, f"write an 'until' after {entry.when.from_}")

    def _subject(
        self, entry: TestEntry, robots: Mapping[str, Robot], named: Collection[str] | None, at: Location
    ) -> Persona | None:
        about = entry.as_
        said = f"test {entry.id!r}:"
        if (about.user is not None) + (about.robot is not None) + about.anonymous != 1:
            hint = "write user, robot or 'anonymous: true'"
            self._report((*at, "as"), f"{said} 'as' names not exactly one subject", hint)
        elif about.user is None and (about.groups or about.attributes):
            hint = "take them out: a robot's stand with the robot, and nobody has none"
            self._report((*at, "as"), f"{said} only a user has groups and attributes here", hint)
        elif about.robot is not None:
            name = robot_names.short(about.robot)
            if name in robots:
                return robots[name].persona()
            if named is not None and name not in named:  # else it has problems of its own
                hint = nearest(name, named) or "name one of the file's robots"
                self._report((*at, "as", "robot"), f"{said} there is no robot {about.robot!r}", hint)
        elif about.user is not None:
            return self._person(about, said, at)
        return None

    def _person(self, about: TestSubject, said: str, at: Location) -> Persona | None:
        name = dn.fold(about.user or "")
        if not name or robot_names.is_canonical(name):
            hint = "write 'anonymous: true' for nobody"
            text = "'user' is empty"
            if name:
                text, hint = f"{about.user!r} is a robot", f"write robot: {robot_names.short(name)}"
            self._report((*at, "as", "user"), f"{said} {text}", hint)
            return None
        attributes = {key.lower(): tuple(each) for key, each in about.attributes.items()}
        return Persona(name, tuple(map(named_group, about.groups)), attributes=attributes)

    def _expectation(self, at: Location, name: str, actions: Sequence[str]) -> Expectation:
        asked = everything(name)
        wanted = asked.actions if ALL_ACTIONS in actions else frozenset(actions)
        if not wanted <= asked.actions:
            self._report(at, "the catalog knows the action '*' alone", 'write catalog: ["*"]')
        return Expectation(self._document.position(at), asked, wanted)

    def _report(self, at: Location, text: str, hint: str = "") -> None:
        self.problems.append(self._document.problem(at, text, hint))


def _exceptions(entry: ExceptEntry | None) -> Exceptions:
    if entry is None or not entry.model_fields_set:
        return NO_EXCEPTIONS
    return Exceptions(tuple(entry.groups or ()), tuple(entry.users or ()), tuple(entry.robots or ()))


def _conditions(entry: WhenEntry) -> Conditions:
    if not entry.model_fields_set:
        return ALWAYS
    found: list[Condition] = []
    if entry.services:
        found.append(Service(frozenset(entry.services)))
    if entry.networks:
        found.append(Network(tuple(entry.networks)))
    if entry.from_ is not None or entry.until is not None:
        start = parse_time(entry.from_, end_of_day=False) if entry.from_ is not None else None
        end = parse_time(entry.until, end_of_day=True) if entry.until is not None else None
        found.append(Period(start, end))
    if entry.hours is not None:
        found.append(entry.hours)
    for name, values in (entry.attributes or {}).items():
        found.append(Attribute(name.lower(), frozenset(map(dn.fold, values))))
    return Conditions(tuple(found))


def expand(effect: Effect, words: Iterable[str]) -> frozenset[str]:
    """Return the actions that words mean: `*` is all, push includes pull, and denying pull denies push."""
    return _expanded(effect, frozenset(words))


@lru_cache
def _expanded(effect: Effect, words: frozenset[str]) -> frozenset[str]:
    """Expand a set of words once: rules share what it means."""
    actions = set(words)
    if ALL_ACTIONS in actions:
        actions.update(Action)
    if effect is Effect.ALLOW and Action.PUSH in actions:
        actions.add(Action.PULL)
    if effect is Effect.DENY and Action.PULL in actions:
        actions.add(Action.PUSH)
    return frozenset(str(action) for action in actions)
