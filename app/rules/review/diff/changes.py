"""The difference of two rule sets as a reviewer reads it: what was found, gathered into few sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from app.protocol.scope import ACTIONS
from app.rules.conditions import moment
from app.rules.model import Robot, Rule, RuleSet
from app.rules.networks import Network
from app.rules.parts.audience import Audience
from app.rules.parts.clauses import Clause
from app.rules.review.circumstances import RequestClasses
from app.rules.review.diff.effects import Because, Comparison, Impact


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody gains or loses something.

    Attributes:
        whom: `group team-web`, `everyone`, ….
        certain: Whether a request was found that is decided differently; if not, there may be one.
        actions: Of pull, push, delete; `*` for the catalog.
        repositories: The patterns that brought it about; `catalog` for that.
        when: The conditions of the rule, in words.
        example: A repository that is concerned, with the variables of the rule; may be empty.
        circumstances: When the example is, in words, where that matters.
        rules: The rules that brought it about, by id.
    """

    whom: str
    gains: bool
    certain: bool
    actions: tuple[str, ...]
    repositories: tuple[str, ...]
    because: Because
    when: tuple[str, ...]
    example: str
    circumstances: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class RobotChange:
    """A robot logs in differently, or is in other groups."""

    robot: str
    text: str


@dataclass(frozen=True, slots=True)
class Changes:
    """All that changes."""

    changes: tuple[Change, ...]
    robots: tuple[RobotChange, ...]

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.changes or self.robots)


def compare(old: RuleSet, new: RuleSet, now: datetime) -> Changes:
    """Find what changes from now on."""
    comparison = Comparison.of(old, new, now)
    return Changes(tuple(_gather(comparison)), tuple(_robots(old, new)))


def _gather(comparison: Comparison) -> Iterator[Change]:
    """Make one sentence of what differs only in the action or the pattern."""
    by_pattern: dict[tuple[object, ...], list[Impact]] = defaultdict(list)
    for one in comparison.impacts():
        clause = one.clause
        who = (clause.audience, str(clause.audience))
        by_pattern[*who, one.because, one.certain, clause.when, clause.text].append(one)
    sentences: dict[tuple[object, ...], list[Impact]] = defaultdict(list)
    for key, impacts in by_pattern.items():
        sentences[*key[:-1], _actions(impacts)].extend(impacts)
    changes = (_sentence(impacts, comparison.told_apart) for impacts in sentences.values())
    return iter(sorted(changes, key=lambda one: (one.whom, not one.gains, one.repositories, one.actions)))


def _actions(impacts: Iterable[Impact]) -> tuple[str, ...]:
    return tuple(sorted({one.action for one in impacts}, key=ACTIONS.index))


def _sentence(impacts: list[Impact], told_apart: RequestClasses) -> Change:
    first = next((one for one in impacts if one.word is not None), impacts[0])
    clauses = [one.clause for one in impacts]
    return Change(
        whom=str(first.clause.audience),
        gains=first.gains,
        certain=first.certain,
        actions=_actions(impacts),
        repositories=tuple(sorted({clause.text for clause in clauses})),
        because=first.because,
        when=first.clause.when.words(),
        example=_example(first),
        circumstances=(
            *((f"as {first.also}",) if first.also is not None else ()),
            *(told_apart.words(first.context) if first.context is not None else ()),
        ),
        rules=_rules(clauses),
    )


def _rules(clauses: Iterable[Clause]) -> tuple[Rule, ...]:
    """Return the rules of clauses, each once."""
    rules = {(clause.rule.id, clause.rule.position): clause.rule for clause in clauses}
    return tuple(rules[key] for key in sorted(rules))


def _example(impact: Impact) -> str:
    """Write an example with the variables as the rule has them."""
    names = _names(impact.clause.audience)
    return "".join(
        f"{{{names.get(sign[1:-1], sign[1:-1])}}}" if len(sign) > 1 else sign for sign in impact.word or ()
    )


def _names(audience: Audience) -> dict[str, str]:
    return {number.value: name for name, number in audience.numbers.items()}


def _robots(old: RuleSet, new: RuleSet) -> Iterator[RobotChange]:
    for name in sorted({*old.robots, *new.robots}):
        before, after = old.robots.get(name), new.robots.get(name)
        if before is None or after is None:
            yield RobotChange(name, "is new" if before is None else "is gone: it can no longer log in")
        else:
            yield from (RobotChange(name, text) for text in _robot(before, after))


def _robot(before: Robot, after: Robot) -> Iterator[str]:
    old_groups, new_groups = set(before.groups), set(after.groups)
    for group in sorted(new_groups - old_groups, key=str):
        yield f"joins the group {group.dn or group.name}"
    for group in sorted(old_groups - new_groups, key=str):
        yield f"leaves the group {group.dn or group.name}"
    if set(before.secret_hashes) != set(after.secret_hashes):
        yield "has other secrets"
    if before.expires != after.expires:
        until = f"before {moment(after.expires)}" if after.expires is not None else "for ever"
        yield f"can log in {until}"
    old, new = (Network(networks).collapsed for networks in (before.networks, after.networks))
    if old != new:
        yield f"can log in from {', '.join(map(str, new)) or 'anywhere'}"
