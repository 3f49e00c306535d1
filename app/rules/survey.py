"""What other rules would grant to a list of subjects on a list of resources, in all circumstances."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.protocol.scope import Scope
from app.rules.circumstances import Circumstances
from app.rules.model import RuleSet, Subject
from app.rules.replay import Right, rights


@dataclass(frozen=True, slots=True)
class Surveyed:
    """One subject, as each of the rule sets knows it; only a robot is another one."""

    name: str
    old: Subject | None
    new: Subject | None


@dataclass(slots=True)
class Survey:
    """What was found: each right, with the circumstances in which it is gained or lost."""

    gained: dict[Right, list[tuple[str, ...]]] = field(default_factory=dict)
    lost: dict[Right, list[tuple[str, ...]]] = field(default_factory=dict)


def survey(
    both: tuple[RuleSet, RuleSet],
    subjects: Iterable[Surveyed],
    scopes: Sequence[Scope],
    now: datetime,
    *,
    tick: Callable[[], object],
) -> Survey:
    """Decide everything with both rule sets.

    Args:
        both: The rules before, and after.
        subjects: Who.
        scopes: What, with every action.
        now: From when on.
        tick: Called after each subject.
    """
    old, new = both
    apart = Circumstances.of((rule.when for rules in both for rule in rules.rules), now)
    found = Survey()
    for subject in subjects:
        for context in apart.contexts():
            before = rights(old, subject.old, scopes, context)
            after = rights(new, subject.new, scopes, context)
            for told, names in ((found.gained, after - before), (found.lost, before - after)):
                for resource, action in names:
                    right = Right(subject.name, resource, action)
                    told.setdefault(right, []).append(apart.words(context))
        tick()
    return found
