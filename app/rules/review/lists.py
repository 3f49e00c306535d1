"""The lists that two rule sets are compared for: subjects, and repositories, one a line."""

from __future__ import annotations

import json

from pydantic import ValidationError

from app.errors import UnfitError
from app.protocol.scope import Scope
from app.rules import robot_names
from app.rules.file.schema import TestSubject
from app.rules.model import RuleSet, Subject
from app.rules.persona import Persona
from app.rules.review.resources import parse_scope
from app.rules.review.subjects import ANONYMOUS, AskedDirectory, describe, look_up
from app.rules.review.unanswered import Unanswered

_DESCRIBED = '{"user": "bob", "groups": ["team-web"]}'


def repositories(text: str, file: str) -> list[Scope]:
    """Read names, one a line, or what a registry answers to `GET /v2/_catalog`; asks every action of each.

    Raises:
        Unanswered: They cannot be read, or there are none.
    """
    try:
        names = json.loads(text)["repositories"] if text.lstrip().startswith("{") else text.split()
        found = [parse_scope(name) for name in names]
    except UnfitError as error:
        raise Unanswered(f"{file}: {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unanswered(f"{file}: is no list of repositories, nor a registry's catalog") from None
    if not found:
        raise Unanswered(f"{file}: names no repository; write one a line")
    return found


def subject_lines(text: str, file: str) -> list[tuple[str, str]]:
    """Return the lines that name subjects, each with its place before it.

    Raises:
        Unanswered: There are none.
    """
    numbered = enumerate(text.splitlines(), start=1)
    found = [(f"{file}:{number}", line.strip()) for number, line in numbered if line.strip()]
    if not found:
        raise Unanswered(f"{file}: names no subject; write one a line")
    return found


def subject(
    line: str, place: str, both: tuple[RuleSet, RuleSet], directory: AskedDirectory | None
) -> tuple[str, Subject | None]:
    """Read a line: a name, or the `as` of a test as JSON.

    Args:
        line: Without blanks around it.
        place: Where it stands, for the error.
        both: The rule sets that are compared; a robot is of one of them at least.
        directory: Where names are looked up.

    Returns:
        The subject, and by which name it is told.

    Raises:
        Unanswered: Nobody is meant, or nothing says in which groups somebody is.
        WharfingerError: The directory does not say.
    """
    if line.startswith("{"):
        return _described(line, place, both)
    if robot_names.is_canonical(line):
        return line, _robot(line, place, both)
    if line == ANONYMOUS:
        return ANONYMOUS, None
    if directory is None:
        hint = f"give --config FILE, or write them here: {_DESCRIBED}"
        raise Unanswered(f"{place}: the groups of {line!r} are not known;\n{hint}")
    found = look_up(line, directory)
    return found.name, found.subject


def _described(line: str, place: str, both: tuple[RuleSet, RuleSet]) -> tuple[str, Subject | None]:
    try:
        described = TestSubject.model_validate_json(line)
        if described.robot is not None:
            name = robot_names.canonical(robot_names.short(described.robot))
            return name, _robot(name, place, both)
        if described.user is None:
            return ANONYMOUS, None
        found = describe(described.user, described.groups, described.attributes)
    except (ValidationError, UnfitError):
        raise Unanswered(f"{place}: is no subject (write a name, or {_DESCRIBED})") from None
    return found.name, found.subject


def _robot(name: str, place: str, both: tuple[RuleSet, RuleSet]) -> Persona:
    """Make a robot that one of the rule sets has; each of them says what it is."""
    robots = sorted({robot for rules in both for robot in rules.robots})
    short = robot_names.short(name)
    if short not in robots:
        known = ", ".join(robots) or "none"
        raise Unanswered(f"{place}: there is no robot {short!r} in either file;\ntheir robots: {known}")
    return Persona(name, is_robot=True)
