"""The difference of two rule sets as a reviewer reads it: what was found, gathered into few sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from app.protocol.scope import ALL_ACTIONS
from app.rules.conditions import Network, moment
from app.rules.model import Robot, Rule, RuleSet
from app.rules.review.audience import Whom
from app.rules.review.circumstances import Circumstances
from app.rules.review.diff.effects import Because, Comparison, Found
from app.rules.review.diff.grants import Grant

_ORDER = ("pull", "push", "delete", ALL_ACTIONS)


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
class Difference:
    """All that changes."""

    changes: tuple[Change, ...]
    robots: tuple[RobotChange, ...]

    def __bool__(self) -> bool:
        """Tell whether anything changes."""
        return bool(self.changes or self.robots)


def compare(old: RuleSet, new: RuleSet, now: datetime) -> Difference:
    """Find what changes from now on."""
    comparison = Comparison.of(old, new, now)
    return Difference(tuple(_gather(comparison)), tuple(_robots(old, new)))


def _gather(comparison: Comparison) -> Iterator[Change]:
    """Make one sentence of what differs only in the action or the pattern."""
    by_pattern: dict[tuple[object, ...], list[Found]] = defaultdict(list)
    for found in comparison.changes():
        grant = found.grant
        key: tuple[object, ...] = (
            grant.whom,
            str(grant.whom),
            found.because,
            found.certain,
            grant.when,
            grant.text,
        )
        by_pattern[key].append(found)
    sentences: dict[tuple[object, ...], list[Found]] = defaultdict(list)
    for key, founds in by_pattern.items():
        sentences[*key[:-1], _actions(founds)].extend(founds)
    changes = (_sentence(founds, comparison.told_apart) for founds in sentences.values())
    return iter(sorted(changes, key=lambda one: (one.whom, not one.gains, one.repositories, one.actions)))


def _actions(founds: Iterable[Found]) -> tuple[str, ...]:
    return tuple(sorted({found.grant.action for found in founds}, key=_ORDER.index))


def _sentence(founds: list[Found], told_apart: Circumstances) -> Change:
    first = next((found for found in founds if found.word is not None), founds[0])
    grants = [found.grant for found in founds]
    return Change(
        whom=str(first.grant.whom),
        gains=first.gains,
        certain=first.certain,
        actions=_actions(founds),
        repositories=tuple(sorted({grant.text for grant in grants})),
        because=first.because,
        when=first.grant.when.words(),
        example=_example(first),
        circumstances=told_apart.words(first.context) if first.context is not None else (),
        rules=_rules(grants),
    )


def _rules(grants: Iterable[Grant]) -> tuple[Rule, ...]:
    """Return the rules of grants, each once."""
    rules = {(grant.rule.id, grant.rule.position): grant.rule for grant in grants}
    return tuple(rules[key] for key in sorted(rules))


def _example(found: Found) -> str:
    """Write an example with the variables as the rule has them."""
    names = _names(found.grant.whom)
    return "".join(
        f"{{{names.get(sign[1:-1], sign[1:-1])}}}" if len(sign) > 1 else sign for sign in found.word or ()
    )


def _names(whom: Whom) -> dict[str, str]:
    return {number.value: name for name, number in whom.numbers.items()}


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
