"""The rules as the engine has them: compiled, immutable, indexed by who they are for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.dn import DN, fold
from app.errors import NOWHERE, Position
from app.protocol.scope import ResourceType, Scope
from app.rules import robot_names
from app.rules.conditions import Condition, Conditions, Context, Holds, Period
from app.rules.decision import Effect
from app.rules.networks import IPNetwork, Network
from app.rules.patterns.dns import DNPattern
from app.rules.patterns.index import Index, Shelf
from app.rules.patterns.names import NamePattern
from app.rules.patterns.repository import CATALOG_PLACE, RepositoryPattern, gram, places
from app.rules.patterns.syntax import Captures
from app.rules.persona import NamedGroup, Persona
from app.rules.recent import Recent

_MOST_COVERING = 1024


class Group(Protocol):
    """What the engine needs to know of a group."""

    @property
    def name(self) -> str:
        """The folded name."""

    @property
    def dn(self) -> DN | None:
        """The DN; None for a group that is in no directory."""

    @property
    def ambiguous(self) -> bool:
        """Whether another group has the same name, so that the name alone says too little."""


class Subject(Protocol):
    """What the engine needs to know of who asks."""

    @property
    def name(self) -> str:
        """The canonical name, folded; of a robot with `robot$` before it."""

    @property
    def is_robot(self) -> bool:
        """Whether it is a robot of the rules file rather than a person of the directory."""

    @property
    def groups(self) -> Sequence[Group]:
        """The groups it is in."""

    @property
    def attributes(self) -> Mapping[str, Sequence[str]]:
        """Further attributes of its entry, by lower-case name; values as the directory has them."""

    def values(self, attribute: str) -> Sequence[str] | None:
        """Return the values of an attribute (in lower case); none where it has none, None if not known."""


class Kept(Protocol):
    """What is kept of a subject and a scope."""

    @property
    def subject(self) -> Subject | None:
        """The very subject."""


GroupPattern = NamePattern | DNPattern


@dataclass(frozen=True, slots=True)
class Exceptions:
    """For whom an allow rule is not, although it is for them otherwise; any one of them is enough.

    None of the patterns captures anything.
    """

    groups: tuple[GroupPattern, ...] = ()
    users: tuple[NamePattern, ...] = ()
    robots: tuple[NamePattern, ...] = ()

    def meant(self, subject: Subject) -> str:
        """Return through what a subject is excepted: `group contractors`; empty if it is not."""
        username = fold(subject.name)
        own_name = robot_names.short(username) if subject.is_robot else username
        kind, patterns = ("robot", self.robots) if subject.is_robot else ("user", self.users)
        if any(pattern.match(own_name, username) is not None for pattern in patterns):
            return f"{kind} {own_name}"
        for group in subject.groups:  # one that shares its name with another counts: it can only take away
            for pattern in self.groups:
                if (name := matched(pattern, group, username)) is not None:
                    return f"group {name[0]}"
                if isinstance(pattern, DNPattern) and group.dn is not None and not group.dn.is_comparable:
                    return f"group {group.dn}"  # it may be the one
        return ""


NO_EXCEPTIONS = Exceptions()
"""What most rules have: they share it."""


def matched(pattern: GroupPattern, group: Group, username: str) -> tuple[str, Captures] | None:
    """Match a group with a pattern; return the name or DN by which it matches, and what that captures."""
    if isinstance(pattern, NamePattern):
        captures = pattern.match(group.name, username)
        return None if captures is None else (group.name, captures)
    captures = pattern.match(group.dn, username) if group.dn is not None else None
    return None if captures is None else (str(group.dn), captures)


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a rule is for; any one of them is enough, of `all_groups` every one is needed.

    Attributes:
        all_groups: Patterns each of which one of the subject's groups matches; what they capture is shared.
        exceptions: For whom it is not all the same.
    """

    groups: tuple[GroupPattern, ...] = ()
    all_groups: tuple[GroupPattern, ...] = ()
    users: tuple[NamePattern, ...] = ()
    robots: tuple[NamePattern, ...] = ()
    authenticated: bool = False
    everyone: bool = False
    exceptions: Exceptions = NO_EXCEPTIONS


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        order: Its place among all rules; for stable output alone, never for meaning.
        actions: What it allows or denies, `*` expanded, with what follows from it (push and pull).
        catalog: Whether it is about the catalog; then `*` of that.
        contact: Whom people ask about it; may be empty.
        places: Where an index has it: a place of each of its repositories, and of the catalog.
    """

    order: int
    id: str
    description: str
    position: Position
    who: Who
    repositories: tuple[RepositoryPattern, ...]
    catalog: bool
    effect: Effect
    actions: frozenset[str]
    when: Conditions
    contact: str = ""
    places: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find its places."""
        places = frozenset(pattern.place for pattern in self.repositories)
        object.__setattr__(self, "places", places | {CATALOG_PLACE} if self.catalog else places)

    def applies(self, subject: Subject | None, context: Context) -> bool:
        """Whether its conditions and exceptions let it apply: where one is not known, only a deny does."""
        return not self.excepts(subject) and self.holds(subject, context)

    def excepts(self, subject: Subject | None) -> bool:
        """Whether it is not for a subject although it is for it otherwise; that depends on no request."""
        exceptions = self.who.exceptions
        return exceptions is not NO_EXCEPTIONS and subject is not None and bool(exceptions.meant(subject))

    def holds(self, subject: Subject | None, context: Context) -> bool:
        """Whether its conditions let it apply: where one is not known, only a deny does."""
        holds = self.when.check(subject, context)
        return holds is Holds.YES or (holds is Holds.UNKNOWN and self.effect is Effect.DENY)

    @property
    def takes_by_group_name(self) -> bool:
        """Whether somebody has fewer rights by it because of the name of a group."""
        denied = (*self.who.groups, *self.who.all_groups) if self.effect is Effect.DENY else ()
        return any(isinstance(one, NamePattern) for one in (*denied, *self.who.exceptions.groups))


@dataclass(frozen=True, slots=True)
class Robot:
    """A robot: it logs in as `robot$NAME` and has groups like a person.

    Attributes:
        secret_hashes: SHA-256 of each of its secrets.
        expires: The first moment at which it can no longer log in.
        networks: Where it can log in from; anywhere if empty.
    """

    name: str
    secret_hashes: tuple[bytes, ...]
    groups: tuple[NamedGroup, ...]
    expires: datetime | None
    networks: tuple[IPNetwork, ...]
    position: Position = NOWHERE
    _persona: Persona = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make it a subject once: what is kept of a subject's decisions is kept for the very object."""
        persona = Persona(robot_names.canonical(self.name), self.groups, is_robot=True)
        object.__setattr__(self, "_persona", persona)

    @property
    def logs_in(self) -> Conditions:
        """The conditions on which it can log in."""
        networks: tuple[Condition, ...] = (Network(self.networks),) if self.networks else ()
        return Conditions(networks if self.expires is None else (*networks, Period(end=self.expires)))

    def has_expired(self, now: datetime) -> bool:
        """Whether it can no longer log in."""
        return self.expires is not None and now >= self.expires

    def may_come_from(self, address: str) -> bool:
        """Whether it can log in from an address."""
        return not self.networks or Network(self.networks).contain(address) is Holds.YES

    def persona(self) -> Persona:
        """Return it as a subject of decisions."""
        return self._persona


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of one file or folder, indexed by whom they are for.

    Attributes:
        version: The hash of the content they were read from.
        robots: By name.
        contact: Whom people ask about what no rule allows; may be empty.
        grams: The lengths of the texts that are places of rules.
        allowing: Every rule that allows something, whomever it is for; what is refused is looked up there.
        denies_by_group_name: Whether a deny rule, or an exception, names a group by its name: then each name
            must be known.
        covering: What decisions about a subject and a scope begin with, kept by `decide`.
    """

    version: str
    rules: tuple[Rule, ...]
    robots: Mapping[str, Robot] = field(default_factory=dict)
    contact: str = ""
    by_group_name: Index[str, Rule] = field(default_factory=Index, init=False, repr=False, compare=False)
    by_group_dn: Index[DN, Rule] = field(default_factory=Index, init=False, repr=False, compare=False)
    by_one_of_all_names: Index[str, Rule] = field(
        default_factory=Index, init=False, repr=False, compare=False
    )
    by_one_of_all_dns: Index[DN, Rule] = field(default_factory=Index, init=False, repr=False, compare=False)
    denying_by_dn: Shelf[Rule] = field(default_factory=Shelf, init=False, repr=False, compare=False)
    by_user: Index[str, Rule] = field(default_factory=Index, init=False, repr=False, compare=False)
    by_robot: Index[str, Rule] = field(default_factory=Index, init=False, repr=False, compare=False)
    for_authenticated: Shelf[Rule] = field(default_factory=Shelf, init=False, repr=False, compare=False)
    grams: frozenset[int] = field(init=False, repr=False, compare=False)
    for_everyone: Shelf[Rule] = field(default_factory=Shelf, init=False, repr=False, compare=False)
    allowing: Shelf[Rule] = field(default_factory=Shelf, init=False, repr=False, compare=False)
    denies_by_group_name: bool = field(default=False, init=False, repr=False, compare=False)
    covering: Recent[tuple[int, Scope], Kept] = field(
        default_factory=lambda: Recent(_MOST_COVERING), init=False, repr=False, compare=False
    )

    def rule(self, rule_id: str) -> Rule:
        """Return the rule of an id, by a look at each; only what is refused asks for one."""
        return next(rule for rule in self.rules if rule.id == rule_id)

    def conditions(self) -> Iterator[Conditions]:
        """Return the conditions of all rules, and those on which robots log in."""
        yield from (rule.when for rule in self.rules)
        yield from (robot.logs_in for robot in self.robots.values())

    def places(self, scope: Scope) -> Iterable[str]:
        """Return where an index has the rules that may be about a resource."""
        if scope.type is ResourceType.REGISTRY:
            return (CATALOG_PLACE,)
        return places(scope.name, self.grams)

    def __post_init__(self) -> None:
        """Fill the indexes."""
        grams = frozenset(gram(place) for rule in self.rules for place in rule.places) - {0}
        object.__setattr__(self, "grams", grams)
        for rule in self.rules:
            who = rule.who
            for index, dn_index, patterns in (
                (self.by_group_name, self.by_group_dn, who.groups),
                (self.by_one_of_all_names, self.by_one_of_all_dns, who.all_groups),
                (self.by_user, None, who.users),
                (self.by_robot, None, who.robots),
            ):
                _fill(index, dn_index, patterns, rule)
            if rule.effect is Effect.DENY and any(
                isinstance(one, DNPattern) for one in (*who.groups, *who.all_groups)
            ):
                self.denying_by_dn.add(rule)
            if rule.effect is Effect.ALLOW:
                self.allowing.add(rule)
            if who.authenticated:
                self.for_authenticated.add(rule)
            if who.everyone:
                self.for_everyone.add(rule)
            if rule.takes_by_group_name:
                object.__setattr__(self, "denies_by_group_name", True)


def _fill(
    names: Index[str, Rule],
    dns: Index[DN, Rule] | None,
    patterns: Iterable[GroupPattern],
    rule: Rule,
) -> None:
    for pattern in patterns:
        if isinstance(pattern, NamePattern):
            names.add(pattern, rule)
        elif dns is not None:
            dns.add(pattern, rule)
