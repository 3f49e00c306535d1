"""The entries of a rules file as rules and robots, with every problem at its place in the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Network, ip_network
from typing import TypeVar

from app import dn
from app.configfile.yaml import Document, Location
from app.errors import Problem
from app.protocol.scope import ALL_ACTIONS, Action
from app.rules.decision import Effect
from app.rules.model import Conditions, NamedGroup, Network, Robot, Rule, Who
from app.rules.pattern import USERNAME, NamePattern, PatternError, RepositoryPattern, parse_group
from app.rules.schema import RobotEntry, RuleEntry, RulesFile, WhenEntry

_SECRET = re.compile(r"sha256:([0-9a-f]{64})")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?P<time>T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?",
    re.IGNORECASE,
)
_LAST = datetime.max.replace(tzinfo=UTC)
_MAPPED = IPv6Network("::ffff:0:0/96")
T = TypeVar("T")


class Compiler:
    """Compiles one document; collects problems rather than raising them."""

    def __init__(self, document: Document, *, first_order: int) -> None:
        self._document = document
        self._first_order = first_order
        self.problems: list[Problem] = []

    def rules(self, file: RulesFile) -> list[Rule]:
        """Compile the rules."""
        return [self._rule(entry, index) for index, entry in enumerate(file.rules)]

    def robots(self, file: RulesFile) -> list[Robot]:
        """Compile the robots."""
        return [self._robot(entry, ("robots", index)) for index, entry in enumerate(file.robots)]

    def _rule(self, entry: RuleEntry, index: int) -> Rule:
        at: Location = ("rules", index)
        who = Who(
            groups=self._each(entry.groups, (*at, "groups"), parse_group),
            users=self._each(entry.users, (*at, "users"), NamePattern.parse),
            robots=self._each(entry.robots, (*at, "robots"), NamePattern.parse),
            authenticated=entry.authenticated,
            everyone=entry.everyone,
        )
        repositories = self._each(entry.repositories, (*at, "repositories"), RepositoryPattern.parse)
        self._check_parts(entry, at)
        self._check_variables(who, repositories, at)
        effect = Effect.ALLOW if entry.allow is not None else Effect.DENY
        line, column = self._document.marks[at]
        return Rule(
            order=self._first_order + index,
            id=entry.id,
            description=entry.description,
            position=f"{self._document.file}:{line}:{column}",
            who=who,
            repositories=repositories,
            catalog=entry.catalog,
            effect=effect,
            actions=expand(effect, entry.allow or entry.deny or ()),
            when=self._conditions(entry.when, (*at, "when")),
        )

    def _check_parts(self, entry: RuleEntry, at: Location) -> None:
        if not (entry.groups or entry.users or entry.robots or entry.authenticated or entry.everyone):
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
            self._report((*at, word), "the catalog knows the action '*' alone", f'write {word}: ["*"]')

    def _check_variables(self, who: Who, repositories: Sequence[RepositoryPattern], at: Location) -> None:
        bound = {USERNAME}.union(*(pattern.variables for pattern in (*who.groups, *who.users, *who.robots)))
        for index, pattern in enumerate(repositories):
            for variable in sorted(pattern.variables - bound):
                hint = f"capture it, as in groups: ['team-{{{variable}}}'], or write {{{USERNAME}}}"
                self._report((*at, "repositories", index), f"nothing binds {{{variable}}}", hint)

    def _conditions(self, entry: WhenEntry, at: Location) -> Conditions:
        attributes = (entry.attributes or {}).items()
        return Conditions(
            services=frozenset(entry.services or ()),
            networks=self._networks(entry.networks, (*at, "networks")),
            start=self._time(entry.from_, (*at, "from"), end_of_day=False),
            end=self._time(entry.until, (*at, "until"), end_of_day=True),
            attributes=tuple((name.lower(), frozenset(map(dn.fold, values))) for name, values in attributes),
        )

    def _robot(self, entry: RobotEntry, at: Location) -> Robot:
        return Robot(
            name=entry.name,
            secret_hashes=self._each(entry.secrets, (*at, "secrets"), _secret_hash),
            groups=self._each(entry.groups, (*at, "groups"), _group_text),
            expires=self._time(entry.expires, (*at, "expires"), end_of_day=True),
            networks=self._networks(entry.networks, (*at, "networks")),
        )

    def _networks(self, texts: Sequence[str] | None, at: Location) -> tuple[Network, ...]:
        return self._each(texts, at, _network)

    def _time(self, text: str | None, at: Location, *, end_of_day: bool) -> datetime | None:
        if text is None:
            return None
        try:
            return parse_time(text, end_of_day=end_of_day)
        except PatternError as error:
            self._report(at, error.text, error.hint)
            return None

    def _each(self, texts: Iterable[str] | None, at: Location, parse: Callable[[str], T]) -> tuple[T, ...]:
        """Parse every text of a list; what cannot be parsed is reported and left out."""
        parsed = []
        for index, text in enumerate(texts or ()):
            try:
                parsed.append(parse(text))
            except PatternError as error:
                self._report((*at, index), error.text, error.hint)
        return tuple(parsed)

    def _report(self, at: Location, text: str, hint: str = "") -> None:
        self.problems.append(self._document.problem(at, text, hint))


def expand(effect: Effect, words: Iterable[str]) -> frozenset[str]:
    """Give every action that a list of words means: `*` is all, push includes pull, no pull means no push."""
    actions = set(words)
    if ALL_ACTIONS in actions:
        actions.update(Action)
    if effect is Effect.ALLOW and Action.PUSH in actions:
        actions.add(Action.PULL)
    if effect is Effect.DENY and Action.PULL in actions:
        actions.add(Action.PUSH)
    return frozenset(str(action) for action in actions)


def parse_time(text: str, *, end_of_day: bool) -> datetime:
    """Read a date (its whole day, UTC) or an RFC 3339 time.

    Raises:
        PatternError: It is neither.
    """
    hint = "write 2026-12-31 or 2026-12-31T18:00:00Z"
    found = _TIME.fullmatch(text)
    try:
        moment = datetime.fromisoformat(text.upper()) if found is not None else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    if found is None or moment is None:
        raise PatternError(f"{text!r} is no date or time", hint)
    if found["time"] is not None:
        raise PatternError(f"{text!r} says no time zone", hint)
    start = moment.replace(tzinfo=UTC)
    day = timedelta(days=1) if end_of_day else timedelta()
    return start + day if start <= _LAST - day else _LAST


def named_group(text: str) -> NamedGroup:
    """Read a group that a robot or a test is in: a DN, whose first value is its name, or a name alone.

    Raises:
        PatternError: It is neither.
    """
    try:
        return NamedGroup.parse(text)
    except ValueError as error:
        hint = "write a name, or cn=name,ou=groups,dc=example,dc=com"
        raise PatternError(f"{text!r} is no group: {error}", hint) from error


def _group_text(text: str) -> str:
    named_group(text)
    return text


def _network(text: str) -> Network:
    hint = "write an address, or a network such as 10.20.0.0/16"
    try:
        network = ip_network(text)
    except ValueError as error:
        if "host bits" in str(error):
            hint = f"write {ip_network(text, strict=False)}"
        raise PatternError(f"{text!r} is no network", hint) from error
    if "%" in text:
        raise PatternError(
            f"{text!r} has a zone, which no client's address has", "take out the % and what follows"
        )
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        plain = f"{network.network_address.ipv4_mapped}/{network.prefixlen - _MAPPED.prefixlen}"
        raise PatternError(f"{text!r} is IPv4 written as IPv6", f"write {plain}: it means both")
    return network


def _secret_hash(text: str) -> bytes:
    found = _SECRET.fullmatch(text)
    if found is None:
        raise PatternError(
            "a secret is not of the form sha256:HEX", "write the SHA-256 of the secret, 64 hex digits"
        )
    return bytes.fromhex(found.group(1))
