"""The rules as the engine has them: compiled, immutable, indexed by who they are for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Protocol

from app.dn import DN, fold, parse
from app.errors import NOWHERE, Position
from app.rules.decision import Effect
from app.rules.patterns.index import ANYWHERE, CATALOG, Index, Shelf
from app.rules.patterns.pattern import DNPattern, NamePattern, RepositoryPattern

Network = IPv4Network | IPv6Network
ROBOT_PREFIX = "robot$"
"""What a robot's name begins with when it logs in, and in tokens and logs."""


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


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of a request.

    Attributes:
        service: The service that the token is for.
        address: The client's IPv4 or IPv6 address.
        now: Aware, UTC.
    """

    service: str
    address: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a rule is for; any one of them is enough."""

    groups: tuple[NamePattern | DNPattern, ...] = ()
    users: tuple[NamePattern, ...] = ()
    robots: tuple[NamePattern, ...] = ()
    authenticated: bool = False
    everyone: bool = False


@dataclass(frozen=True, slots=True)
class Conditions:
    """When a rule holds; all of them must. What is empty or None is no condition.

    Attributes:
        start: The first moment.
        end: The first moment after.
        attributes: By lower-case name, the folded values of which one must be there.
    """

    services: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    attributes: tuple[tuple[str, frozenset[str]], ...] = ()

    def hold(self, subject: Subject | None, context: Context) -> bool:
        """Tell whether they hold for a request."""
        if self.services and context.service not in self.services:
            return False
        if self.networks and not in_networks(context.address, self.networks):
            return False
        if self.start is not None and context.now < self.start:
            return False
        if self.end is not None and context.now >= self.end:
            return False
        if not self.attributes:
            return True
        known = subject.attributes if subject is not None else {}
        return all(
            not accepted.isdisjoint(fold(value) for value in known.get(name, ()))
            for name, accepted in self.attributes
        )


def in_networks(address: str, networks: Iterable[Network]) -> bool:
    """Tell whether an address lies in any of the networks; a text that is no address lies in none."""
    return any(True for _ in around(address, networks))


def around(address: str, networks: Iterable[Network]) -> Iterator[Network]:
    """Give those networks in which an address lies."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return
    meant = getattr(parsed, "ipv4_mapped", None) or parsed
    yield from (network for network in networks if meant in network)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        order: Its place among all rules; for stable output alone, never for meaning.
        actions: What it allows or denies, `*` expanded, with what follows from it (push and pull).
        catalog: Whether it is about the catalog; then `*` of that.
        places: Where an index has it: the first components of its repositories.
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
    places: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find its places."""
        places = frozenset(pattern.first or ANYWHERE for pattern in self.repositories)
        object.__setattr__(self, "places", places | {CATALOG} if self.catalog else places)


@dataclass(frozen=True, slots=True)
class NamedGroup:
    """A group that the rules file names rather than a directory."""

    name: str
    dn: DN | None = None
    ambiguous: bool = False

    @classmethod
    def parse(cls, text: str) -> NamedGroup:
        """Read a name, or a DN, whose first value is the name.

        Raises:
            ValueError: It is neither.
        """
        if "=" in text:
            name = parse(text)
            return cls(name.rdns[0][0][1], name)
        if not text.strip():
            raise ValueError("a group's name cannot be empty")
        return cls(fold(text))


@dataclass(frozen=True, slots=True)
class Persona:
    """A subject that the rules file describes rather than a directory: a robot, or a test's person."""

    name: str
    id: str = field(default="", init=False)
    groups: tuple[NamedGroup, ...] = ()
    is_robot: bool = False
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)


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
    networks: tuple[Network, ...]
    position: Position = NOWHERE

    @property
    def logs_in(self) -> Conditions:
        """Say when it can log in."""
        return Conditions(networks=self.networks, end=self.expires)

    def has_expired(self, now: datetime) -> bool:
        """Tell whether it can no longer log in."""
        return self.expires is not None and now >= self.expires

    def may_come_from(self, address: str) -> bool:
        """Tell whether it can log in from an address."""
        return not self.networks or in_networks(address, self.networks)

    def persona(self) -> Persona:
        """Give it as a subject of decisions."""
        return Persona(ROBOT_PREFIX + self.name, self.groups, is_robot=True)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of one file or folder, indexed by whom they are for.

    Attributes:
        version: The hash of the content they were read from.
        robots: By name.
    """

    version: str
    rules: tuple[Rule, ...]
    robots: Mapping[str, Robot] = field(default_factory=dict)
    by_group_name: Index[str] = field(default_factory=Index, init=False, repr=False, compare=False)
    by_group_dn: Index[DN] = field(default_factory=Index, init=False, repr=False, compare=False)
    by_user: Index[str] = field(default_factory=Index, init=False, repr=False, compare=False)
    by_robot: Index[str] = field(default_factory=Index, init=False, repr=False, compare=False)
    for_authenticated: Shelf = field(default_factory=Shelf, init=False, repr=False, compare=False)
    for_everyone: Shelf = field(default_factory=Shelf, init=False, repr=False, compare=False)

    def conditions(self) -> Iterator[Conditions]:
        """Give the conditions of all rules, and those on which robots log in."""
        yield from (rule.when for rule in self.rules)
        yield from (robot.logs_in for robot in self.robots.values())

    def __post_init__(self) -> None:
        """Fill the indexes."""
        for rule in self.rules:
            for group in rule.who.groups:
                if isinstance(group, DNPattern):
                    self.by_group_dn.add(group, rule)
                else:
                    self.by_group_name.add(group, rule)
            for user in rule.who.users:
                self.by_user.add(user, rule)
            for robot in rule.who.robots:
                self.by_robot.add(robot, rule)
            if rule.who.authenticated:
                self.for_authenticated.add(rule)
            if rule.who.everyone:
                self.for_everyone.add(rule)
