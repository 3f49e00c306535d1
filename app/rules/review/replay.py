"""What other rules would have decided: the requests of an audit stream, decided by two rule sets.

Each case is decided once. Most have nothing to do with the rules that are not in both files, and are decided
alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.protocol import scope
from app.protocol.scope import Scope
from app.rules.conditions import Context
from app.rules.decide import decide, granted
from app.rules.model import Rule, RuleSet, Subject
from app.rules.review.audited import AuditCounts, AuditedRequest, AuditedRequests

_MOST_KEPT = 1_000_000
"""Cases that are remembered; beyond, the memory begins anew."""
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
class Replayed(AuditCounts):
    """What became of the lines of an audit stream, and what is decided differently."""

    gained: dict[Right, Seen] = field(default_factory=dict)
    lost: dict[Right, Seen] = field(default_factory=dict)


_Rights = tuple[tuple[str, str], ...]
"""Pairs of resource and action."""


class Replay:
    """Replays audit lines on two rule sets: those of one realm, or all where none is named."""

    def __init__(self, old: RuleSet, new: RuleSet, realm: str | None = None) -> None:
        self._old, self._new = old, new
        self._changed = _changed(old, new)
        self._kept: dict[tuple[object, ...], tuple[_Rights, _Rights]] = {}
        self._text = 0
        self.result = Replayed()
        self._requests = AuditedRequests((old, new), realm, self.result)

    def line(self, line: bytes) -> None:
        """Replay one line."""
        request = self._requests.read(line)
        if request is None or not request.asked:
            return
        gained, lost = self._decide(request)
        for rights, told in ((gained, self.result.gained), (lost, self.result.lost)):
            for resource, action in rights:
                right = Right(request.subject, resource, action)
                told.setdefault(right, Seen()).add(request.time, request.request_id)

    def _decide(self, request: AuditedRequest) -> tuple[_Rights, _Rights]:
        """Return what the new rules grant beyond the old ones, and what they do not."""
        found = self._kept.get(request.case)
        if found is None:
            if len(self._kept) >= _MOST_KEPT or self._text >= _MOST_TEXT:
                self._kept.clear()
                self._text = 0
            found = self._kept[request.case] = self._compare(request)
            self._text += sum(map(len, request.asked))
        return found

    def _compare(self, request: AuditedRequest) -> tuple[_Rights, _Rights]:
        subject, context = request.persona, request.context
        scopes, _ = scope.parse_all(request.asked)
        is_robot = subject is not None and subject.is_robot
        if not is_robot and not decide(self._changed, subject, scopes, context).rules:
            return (), ()  # all that speaks about it stands in both
        old = rights(self._old, subject, scopes, context)
        new = rights(self._new, subject, scopes, context)
        return tuple(sorted(new - old)), tuple(sorted(old - new))


def rights(
    rules: RuleSet, subject: Subject | None, scopes: Sequence[Scope], context: Context
) -> set[tuple[str, str]]:
    """Return what is granted: pairs of resource and action."""
    found = granted(rules, subject, scopes, context)
    return {(f"{access.type}:{access.name}", action) for access in found for action in access.actions}


def _changed(old: RuleSet, new: RuleSet) -> RuleSet:
    """Return the rules that stand in one rule set alone; whatever their ids and places."""
    one, other = ({_meaning(rule): rule for rule in rules.rules} for rules in (old, new))
    found = [rule for meaning, rule in one.items() if meaning not in other]
    found += [rule for meaning, rule in other.items() if meaning not in one]
    return RuleSet("", tuple(found))


def _meaning(rule: Rule) -> tuple[object, ...]:
    return rule.effect, rule.who, rule.repositories, rule.catalog, rule.actions, rule.when
