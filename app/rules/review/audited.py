"""The requests of an audit stream, read again so that other rules can decide them.

Most requests repeat others. So whoever decides them remembers what came of a *case*: who asked what, and in
which class of circumstances. All circumstances of a class are alike to the rules in question.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from app import dn
from app.rules import robot_names
from app.rules.conditions import Condition, Conditions, Context, Holds
from app.rules.decision import Lack
from app.rules.model import RuleSet
from app.rules.persona import NamedGroup, Persona
from app.rules.review.unanswered import Unanswered

_MOST_SUBJECTS, _MOST_VALUES = 100_000, 1_000_000
"""Subjects, and addresses or services that are remembered; beyond, the memory begins anew."""
_TEXTS = ("subject", "service", "address", "time")
_MINUTE = len("2026-01-31T12:00")
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class AuditedRequest(NamedTuple):
    """One request about which something was decided.

    Attributes:
        subject: The name of the line; empty for nobody.
        persona: Who asked, with what the line says of them; of a robot only the name, for each rule set says
            what it is.
        asked: The scopes.
        case: The same for requests that all of the rule sets decide alike.
        time: As the line has it.
    """

    subject: str
    persona: Persona | None
    asked: tuple[str, ...]
    context: Context
    case: tuple[object, ...]
    time: str
    request_id: str


@dataclass(slots=True)
class AuditCounts:
    """What became of the lines of an audit stream.

    Attributes:
        decided: How many asked for something, and can be decided again.
        unusable: How many cannot be: not whole, or without the groups that were had.
        passed: How many were passed over, because nothing was decided then: the login was refused, or it
            asked for nothing.
        realms: Which realms the lines are of, those included that were not asked about.
    """

    decided: int = 0
    unusable: int = 0
    passed: int = 0
    realms: set[str] = field(default_factory=set)

    @property
    def lines(self) -> int:
        """How many were read, without those of realms that were not asked about."""
        return self.decided + self.unusable + self.passed

    def check(self, realm: str | None) -> None:
        """Check that the lines say anything about the rules of one realm.

        Args:
            realm: The one that was asked about; None where none was named.

        Raises:
            Unanswered: They do not.
        """
        known = ", ".join(sorted(self.realms))
        if realm is None and len(self.realms) > 1:
            raise Unanswered(f"the lines are of several realms; choose one with --realm:\n{known}")
        if realm is not None and self.realms and realm not in self.realms:
            raise Unanswered(f"no line is of the realm {realm!r}; the realms of the lines:\n{known}")
        if not self.lines:
            raise Unanswered("there is no line that could be decided again: the log is empty")
        if not self.decided:
            parts = [f"none of {self.lines} lines could be decided again"]
            parts += [f"{self.unusable} not whole, or without the groups"] if self.unusable else []
            parts += [f"{self.passed} without a decision: refused, or nothing asked"] if self.passed else []
            raise Unanswered(";\n".join(parts))


class AuditedRequests:
    """Reads the lines of one realm, or of all where none is named."""

    def __init__(self, rule_sets: Iterable[RuleSet], realm: str | None, counts: AuditCounts) -> None:
        """Read nothing yet.

        Args:
            rule_sets: Those that decide; their conditions tell circumstances apart.
            realm: Whose lines are read.
            counts: Where they are counted.
        """
        self._classes = _Classes(when for rules in rule_sets for when in rules.conditions())
        self._realm = realm
        self._subjects: dict[tuple[object, ...], tuple[int, Persona | None]] = {}
        self._numbered = 0
        self._counts = counts

    def read(self, line: bytes) -> AuditedRequest | None:
        """Return the request of a line; None where nothing was decided, or it cannot be decided again."""
        try:
            event = json.loads(line)
            if event["event"] != "token" or not self._is_asked_about(event["realm"]):
                return None
            if not event["rules_version"]:
                self._counts.passed += 1
                return None
            request = self._request(event) if not event["groups_dropped"] else None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            request = None
        if request is None:
            self._counts.unusable += 1
        elif request.asked:
            self._counts.decided += 1
        else:
            self._counts.passed += 1
        return request

    def _is_asked_about(self, realm: object) -> bool:
        """Whether lines of a realm are to be read; the realm is noted."""
        if not isinstance(realm, str):
            raise TypeError
        self._counts.realms.add(realm)
        return self._realm is None or realm == self._realm

    def _request(self, event: Mapping[str, Any]) -> AuditedRequest:
        subject, service, address, time = map(event.__getitem__, _TEXTS)
        asked = tuple(event["asked"])
        if not all(isinstance(text, str) for text in (subject, service, address, time, *asked)):
            raise TypeError
        who = (
            subject,
            tuple(event["groups"]),
            tuple(event["group_dns"]),
            tuple((name, tuple(values)) for name, values in event["attributes"].items()),
        )
        number, persona = self._subject(who)
        case = (number, self._classes.of(service, address, time), asked)
        context = Context(service, address, _time(time))
        return AuditedRequest(subject, persona, asked, context, case, time, str(event["request_id"]))

    def _subject(self, who: tuple[Any, ...]) -> tuple[int, Persona | None]:
        """Return a subject with its number; one that was forgotten meanwhile gets another number."""
        known = self._subjects.get(who)
        if known is None:
            if len(self._subjects) >= _MOST_SUBJECTS:
                self._subjects.clear()
            self._numbered += 1
            known = self._subjects[who] = (self._numbered, _persona(*who))
        return known


def _persona(
    name: str, names: Sequence[str], dns: Sequence[str], attributes: Sequence[tuple[str, Sequence[str]]]
) -> Persona | None:
    """Make the subject of a line."""
    if not name:
        return None
    if robot_names.is_canonical(name):
        return Persona(name, is_robot=True)
    groups = [(group, dn.of_written(text) if text else None) for group, text in zip(names, dns, strict=True)]
    count: dict[str, set[object]] = {}
    for group, place in groups:
        count.setdefault(group, set()).add(place)
    made = tuple(NamedGroup(group, place, ambiguous=len(count[group]) > 1) for group, place in groups)
    return Persona(name, made, attributes=dict(attributes), others=None)


class _Classes:
    """The classes of circumstances that conditions tell apart, found quickly."""

    def __init__(self, conditions: Iterable[Conditions]) -> None:
        each = {one for when in conditions for one in when}
        services = [one for one in each if one.lack is Lack.SERVICE]
        self._services = _Values(services, lambda text: Context(text, "", _FIRST))
        addresses = [one for one in each if one.lack is Lack.NETWORK]
        self._addresses = _Values(addresses, lambda text: Context("", text, _FIRST))
        edges = {edge for one in each if not one.recurs for edge in one.changes(_FIRST, _LAST)}
        self._edges = [_line_time(edge) for edge in sorted(edges)]
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


def _line_time(time: datetime) -> str:
    """Write a time as audit lines have it, so that texts compare as times do."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
