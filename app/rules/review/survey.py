"""What other rules would grant to a list of subjects on a list of resources, in all circumstances."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.protocol.scope import Scope
from app.rules import robot_names
from app.rules.conditions import Conditions, Holds
from app.rules.model import RuleSet, Subject
from app.rules.review.circumstances import RequestClasses
from app.rules.review.replay import Right, rights


@dataclass(slots=True)
class Tried:
    """In what a subject was tried.

    Attributes:
        classes: How many classes of circumstances; for a robot, those in which it can log in by either file.
        moments: How many moments the circumstances tell apart.
    """

    classes: int = 0
    moments: int = 0


@dataclass(slots=True)
class Survey:
    """What was found: each right, with the circumstances in which it is gained or lost.

    Attributes:
        tried: By the names of the subjects.
    """

    gained: dict[Right, list[tuple[str, ...]]] = field(default_factory=dict)
    lost: dict[Right, list[tuple[str, ...]]] = field(default_factory=dict)
    tried: dict[str, Tried] = field(default_factory=dict)


def survey(
    both: tuple[RuleSet, RuleSet],
    subjects: Iterable[tuple[str, Subject | None]],
    scopes: Sequence[Scope],
    now: datetime,
    *,
    tick: Callable[[], object],
) -> Survey:
    """Decide everything with both rule sets.

    Args:
        both: The rules before, and after.
        subjects: Who, and by which name they are told; None is somebody without a login.
        scopes: What, with every action.
        now: From when on.
        tick: Called after each subject.
    """
    old, new = both
    conditions = {rule.when for rules in both for rule in rules.rules}
    for_people = RequestClasses.of(conditions, now)
    found = Survey()
    for name, subject in subjects:
        logins = {*_logins(both, subject)}
        apart = RequestClasses.of(conditions | logins, now) if logins else for_people
        tried = found.tried[name] = Tried(moments=len(apart.moments))
        for context in apart.contexts():
            if logins and not any(when.check(None, context) is Holds.YES for when in logins):
                continue
            tried.classes += 1
            before = rights(old, subject, scopes, context)
            after = rights(new, subject, scopes, context)
            for told, changed in ((found.gained, after - before), (found.lost, before - after)):
                for resource, action in changed:
                    right = Right(name, resource, action)
                    told.setdefault(right, []).append(apart.words(context))
        tick()
    return found


def _logins(both: Iterable[RuleSet], subject: Subject | None) -> Iterator[Conditions]:
    """Say when a robot can log in, by each of the rule sets that have it."""
    if subject is not None and subject.is_robot:
        name = robot_names.short(subject.name)
        yield from (rules.robots[name].logs_in for rules in both if name in rules.robots)
