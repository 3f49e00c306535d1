"""Who the people are that rules let do something: the members of the groups, each decided by the engine."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.errors import Refusal
from app.rules.decision import Effect
from app.rules.model import ROBOT_PREFIX, Robot
from app.rules.review.audience import Kind
from app.rules.review.subjects import Directory
from app.rules.review.who_can import Access, Answer, Standing, Way


class SubjectKind(enum.StrEnum):
    """What a subject is."""

    PERSON = "person"
    ROBOT = "robot"


@dataclass(frozen=True, slots=True)
class ReviewedSubject:
    """One subject, and whether it can."""

    name: str
    kind: SubjectKind
    standing: Standing


@dataclass(frozen=True, slots=True)
class People:
    """The people and robots that can do something, or could but for a deny.

    Attributes:
        listed: People by name, then robots.
        not_listed: The ways that are not those of one person or one group, in words.
    """

    listed: tuple[ReviewedSubject, ...]
    not_listed: tuple[str, ...]


def find_people(
    access: Access, ways: Sequence[Way], directory: Directory, robots: Mapping[str, Robot]
) -> People:
    """Find the people who have the ways, and let the engine decide about each; robots are in the rules.

    Raises:
        WharfingerError: The directory does not say.
    """
    names: set[str] = set()
    not_listed: list[str] = []
    for way in ways:
        if way.rule.effect is Effect.DENY:
            continue
        found = _names(way, directory)
        if found is None:
            not_listed.append(str(way.reached))
        else:
            names.update(found)
    listed = (*_look_up(sorted(names), access, directory), *_robots(access, robots))
    return People(listed, tuple(dict.fromkeys(not_listed)))


def _names(way: Way, directory: Directory) -> Iterable[str] | None:
    """Name the people who have a way; None where they cannot be listed."""
    reached = way.reached
    if reached.username:
        return [reached.username]
    if reached.whom.kind is Kind.ROBOT:
        return ()
    if not reached.exact or reached.whom.kind in (Kind.EVERYONE, Kind.AUTHENTICATED):
        return None
    if reached.whom.kind is Kind.USER:
        return [reached.name]
    return [person.name for person in directory.people_in(reached.group())]


def _look_up(names: Iterable[str], access: Access, directory: Directory) -> Iterator[ReviewedSubject]:
    for name in names:
        subject = directory.look_up(name)
        if not isinstance(subject, Refusal):  # an account that cannot log in can do nothing
            yield ReviewedSubject(subject.name, SubjectKind.PERSON, access.standing(subject))


def _robots(access: Access, robots: Mapping[str, Robot]) -> Iterator[ReviewedSubject]:
    for name, robot in sorted(robots.items()):
        standing = access.standing(robot.persona(), robot)
        if standing.answer is not Answer.NO or standing.denied_by:
            yield ReviewedSubject(ROBOT_PREFIX + name, SubjectKind.ROBOT, standing)
