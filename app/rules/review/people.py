"""Who the people are that rules let do something: the members of the groups, each decided by the engine."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.errors import Refusal
from app.rules.decision import Effect, WhoKind
from app.rules.model import Robot
from app.rules.parts.bindings import Reached
from app.rules.review.subjects import AskedDirectory
from app.rules.review.who_can import Can, Inquiry, Standing, Way


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
class ReviewedPeople:
    """The people and robots that can do something, or could but for a deny.

    Attributes:
        listed: People by name, then robots.
        not_listed: The ways that are not those of one person or one group, in words.
    """

    listed: tuple[ReviewedSubject, ...]
    not_listed: tuple[str, ...]


def find_people(
    inquiry: Inquiry, ways: Sequence[Way], directory: AskedDirectory, robots: Mapping[str, Robot]
) -> ReviewedPeople:
    """Find the people who have the ways, and let the engine decide about each; robots are in the rules.

    Raises:
        WharfingerError: The directory does not say.
    """
    names: set[str] = set()
    not_listed: list[str] = []
    for way in ways:
        if way.rule.effect is Effect.DENY:
            continue
        found = names_of(way.reached, directory)
        if found is None:
            not_listed.append(str(way.reached))
        else:
            names.update(found)
    listed = (*_look_up(sorted(names), inquiry, directory), *_robots(inquiry, robots))
    return ReviewedPeople(listed, tuple(dict.fromkeys(not_listed)))


def names_of(reached: Reached, directory: AskedDirectory) -> Iterable[str] | None:
    """Name the people for whom a rule is; None where they cannot be listed.

    Raises:
        WharfingerError: The directory does not say.
    """
    if reached.username:
        return [reached.username]
    if reached.audience.kind is WhoKind.ROBOT:
        return ()
    if not reached.exact or not reached.names:
        return None
    if reached.audience.kind is WhoKind.USER:
        return reached.names
    members = [{person.name for person in directory.people_in(group)} for group in reached.groups()]
    return members[0].intersection(*members[1:])


def _look_up(names: Iterable[str], inquiry: Inquiry, directory: AskedDirectory) -> Iterator[ReviewedSubject]:
    for name in names:
        subject = directory.look_up(name)
        if not isinstance(subject, Refusal):  # an account that cannot log in can do nothing
            yield ReviewedSubject(subject.name, SubjectKind.PERSON, inquiry.standing(subject))


def _robots(inquiry: Inquiry, robots: Mapping[str, Robot]) -> Iterator[ReviewedSubject]:
    for _, robot in sorted(robots.items()):
        persona = robot.persona()
        standing = inquiry.standing(persona, robot)
        if standing.can is not Can.NO or standing.denied_by:
            yield ReviewedSubject(persona.name, SubjectKind.ROBOT, standing)
