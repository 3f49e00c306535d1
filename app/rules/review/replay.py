"""What other rules would have decided: the requests of an audit stream, decided by two rule sets.

Most requests repeat others, so each case is decided once: who, what, and in which class of circumstances.
Most have nothing to do with the rules that are not in both files, and are decided alike.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app import dn
from app.protocol import scope
from app.protocol.scope import Scope
from app.rules.conditions import Condition, Conditions, Context, Holds
from app.rules.decide import decide, granted
from app.rules.decision import Lack
from app.rules.model import ROBOT_PREFIX, NamedGroup, Persona, Rule, RuleSet, Subject

_MOST_KEPT, _MOST_SUBJECTS, _MOST_VALUES = 1_000_000, 100_000, 1_000_000
"""Cases, subjects, and addresses or services that are remembered; beyond, the memory begins anew."""
_MOST_TEXT = 200_000_000
"""Characters of scopes that are remembered, likewise: a client may ask for long ones."""


@dataclass(frozen=True, slots=True)
class Right:
    """One action of one subject on one resource."""

    subject: str
    resource: str
    action: str


@dataclass(slots=True)
class Seen:
    """How often, and when, a right was asked for that is decided differently."""

    lines: int = 0
    first: str = ""
    last: str = ""
    example: str = ""

    def add(self, time: str, request_id: str) -> None:
        """Note a further line."""
        self.lines += 1
        self.first = min(self.first or time, time)
        self.last = max(self.last, time)
        self.example = self.example or request_id


@dataclass(slots=True)
class Replayed:
    """What became of the lines of an audit stream.

    Attributes:
        decided: How many were decided again.
        unusable: How many could not be: not whole, or without the groups that were had.
        passed: How many were passed over, because nothing was decided then: the login was refused, or it
            asked for nothing.
        realms: Which realms the lines are of, those included that were not asked about.
    """

    decided: int = 0
    unusable: int = 0
    passed: int = 0
    realms: set[str] = field(default_factory=set)
    gained: dict[Right, Seen] = field(default_factory=dict)
    lost: dict[Right, Seen] = field(default_factory=dict)

    @property
    def lines(self) -> int:
        """How many were read, without those of realms that were not asked about."""
        return self.decided + self.unusable + self.passed


_MINUTE = len("2026-01-31T12:00")
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_Rights = tuple[tuple[str, str], ...]
"""Pairs of resource and action."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """A subject of some lines; a robot is what each of the rule sets says of it."""

    number: int
    persona: Persona | None


class Replay:
    """Replays audit lines on two rule sets: those of one realm, or all where none is named."""

    def __init__(self, old: RuleSet, new: RuleSet, realm: str | None = None) -> None:
        self._old, self._new, self._realm = old, new, realm
        self._changed = _changed(old, new)
        self._classes = _Classes(when for rules in (old, new) for when in rules.conditions())
        self._kept: dict[tuple[object, ...], tuple[_Rights, _Rights]] = {}
        self._text = 0
        self._subjects: dict[tuple[object, ...], _Subject] = {}
        self.result = Replayed()

    def line(self, line: bytes) -> None:
        """Replay one line."""
        try:
            event = json.loads(line)
            is_token = event["event"] == "token"
            if is_token and not self._is_asked_about(event["realm"]):
                return
            if not is_token or not event["rules_version"]:
                self.result.passed += 1  # nothing was decided
                return
            complete = not event["groups_dropped"]
            gained, lost = self._decide(event) if complete else ((), ())
            subject, time, request_id = (str(event[key]) for key in ("subject", "time", "request_id"))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            complete = False
        if not complete:
            self.result.unusable += 1
            return
        if not event["asked"]:
            self.result.passed += 1
            return
        self.result.decided += 1
        for rights, told in ((gained, self.result.gained), (lost, self.result.lost)):
            for resource, action in rights:
                told.setdefault(Right(subject, resource, action), Seen()).add(time, request_id)

    def _is_asked_about(self, realm: object) -> bool:
        """Tell whether lines of a realm are to be replayed, and note it."""
        if not isinstance(realm, str):
            raise TypeError
        self.result.realms.add(realm)
        return self._realm is None or realm == self._realm

    def _decide(self, event: Mapping[str, Any]) -> tuple[_Rights, _Rights]:
        """Give what the new rules grant beyond the old ones, and what they do not."""
        alike = self._classes.of(event["service"], event["address"], event["time"])
        who = (
            event["subject"],
            tuple(event["groups"]),
            tuple(event["group_dns"]),
            tuple((name, tuple(values)) for name, values in event["attributes"].items()),
        )
        if len(self._kept) >= _MOST_KEPT or len(self._subjects) >= _MOST_SUBJECTS or self._text >= _MOST_TEXT:
            self._kept.clear()
            self._subjects.clear()
            self._text = 0
        subject = self._subjects.get(who)
        if subject is None:
            subject = self._subjects[who] = _Subject(len(self._subjects), self._make(*who))
        key = (subject.number, alike, *event["asked"])
        found = self._kept.get(key)
        if found is None:
            context = Context(event["service"], event["address"], _time(event["time"]))
            found = self._compare(subject.persona, event["asked"], context)
            self._kept[key] = found
            self._text += sum(map(len, event["asked"]))
        return found

    def _compare(
        self, subject: Persona | None, asked: Sequence[str], context: Context
    ) -> tuple[_Rights, _Rights]:
        scopes, _ = scope.parse_all(asked)
        is_robot = subject is not None and subject.is_robot
        if not is_robot and not decide(self._changed, subject, scopes, context).rules:
            return (), ()  # all that speaks about it stands in both
        old = rights(self._old, subject, scopes, context)
        new = rights(self._new, subject, scopes, context)
        return tuple(sorted(new - old)), tuple(sorted(old - new))

    @staticmethod
    def _make(
        name: str,
        names: Sequence[str],
        dns: Sequence[str],
        attributes: Sequence[tuple[str, Sequence[str]]],
    ) -> Persona | None:
        """Make the subject of a line."""
        if not name:
            return None
        if name.startswith(ROBOT_PREFIX):
            return Persona(name, is_robot=True)
        groups = [(group, dn.parse(text) if text else None) for group, text in zip(names, dns, strict=True)]
        count: dict[str, set[object]] = {}
        for group, place in groups:
            count.setdefault(group, set()).add(place)
        made = tuple(NamedGroup(group, place, ambiguous=len(count[group]) > 1) for group, place in groups)
        return Persona(name, made, attributes=dict(attributes), others=None)


def rights(
    rules: RuleSet, subject: Subject | None, scopes: Sequence[Scope], context: Context
) -> set[tuple[str, str]]:
    """Give what is granted: pairs of resource and action."""
    found = granted(rules, subject, scopes, context)
    return {(f"{access.type}:{access.name}", action) for access in found for action in access.actions}


def _changed(old: RuleSet, new: RuleSet) -> RuleSet:
    """Give the rules that stand in one rule set alone; whatever their ids and places."""
    one, other = ({_meaning(rule): rule for rule in rules.rules} for rules in (old, new))
    found = [rule for meaning, rule in one.items() if meaning not in other]
    found += [rule for meaning, rule in other.items() if meaning not in one]
    return RuleSet("", tuple(found))


def _meaning(rule: Rule) -> tuple[object, ...]:
    return rule.effect, rule.who, rule.repositories, rule.catalog, rule.actions, rule.when


class _Classes:
    """The classes of circumstances that conditions tell apart, found quickly."""

    def __init__(self, conditions: Iterable[Conditions]) -> None:
        each = {one for when in conditions for one in when}
        services = [one for one in each if one.lack is Lack.SERVICE]
        self._services = _Values(services, lambda text: Context(text, "", _FIRST))
        addresses = [one for one in each if one.lack is Lack.NETWORK]
        self._addresses = _Values(addresses, lambda text: Context("", text, _FIRST))
        edges = {edge for one in each if not one.recurs for edge in one.changes(_FIRST, _LAST)}
        self._edges = [_text(edge) for edge in sorted(edges)]
        self._recurring = [one for one in each if one.recurs]
        self._minutes = _Values(self._recurring, lambda text: Context("", "", _time(text)))

    def of(self, service: str, address: str, time: str) -> tuple[str, str, int, str]:
        """Return the class of a request: service, address and minute like its own, and a span of time."""
        return (
            self._services.like(service),
            self._addresses.like(address),
            bisect_right(self._edges, time),
            self._minutes.like(time[:_MINUTE]) if self._recurring else "",
        )


class _Values:
    """Services, addresses or minutes of requests: all for which the same conditions hold are alike."""

    def __init__(self, conditions: Sequence[Condition], context: Callable[[str], Context]) -> None:
        self._conditions = conditions
        self._context = context
        self._known: dict[str, str] = {}
        self._first: dict[tuple[Holds, ...], str] = {}

    def like(self, value: str) -> str:
        """Return the first value that was like another."""
        known = self._known.get(value)
        if known is None:
            if len(self._known) >= _MOST_VALUES:
                self._known.clear()
            context = self._context(value)
            held = tuple(one.check(None, context) for one in self._conditions)
            known = self._known[value] = self._first.setdefault(held, value)
        return known


def _time(text: str) -> datetime:
    """Read a time as audit lines have it, or its minute.

    Raises:
        ValueError: It is none.
    """
    time = datetime.fromisoformat(text)
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def _text(time: datetime) -> str:
    """Write a time as audit lines have it, so that texts compare as times do."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
