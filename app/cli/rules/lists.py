"""The lists that `wharfinger rules diff` compares by: subjects, and repositories."""

from __future__ import annotations

import json
from pathlib import Path

import click
from pydantic import ValidationError

from app.cli.rules import subjects as subject_names
from app.cli.rules.differences import Sides
from app.cli.rules.explain import read_scope
from app.cli.rules.sources import Source, Unanswered
from app.protocol.scope import Scope
from app.rules.conditions import Context
from app.rules.file.schema import TestSubject
from app.rules.model import ROBOT_PREFIX, Persona, Subject


def lines(path: Path) -> list[tuple[str, str]]:
    """Read the lines that name subjects, each with its place."""
    numbered = enumerate(_text(path).splitlines(), start=1)
    found = [(f"{path}:{number}", line) for number, line in numbered if line.strip()]
    if not found:
        raise Unanswered(f"{path}: names no subject; write one a line")
    return found


def scopes(path: Path) -> list[Scope]:
    """Read names, one a line, or a registry's answer to `GET /v2/_catalog`."""
    text = _text(path)
    try:
        names = json.loads(text)["repositories"] if text.lstrip().startswith("{") else text.split()
        found = [read_scope(name, "") for name in names]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unanswered(f"{path}: is no list of repositories, nor a registry's catalog") from None
    except click.BadParameter as error:
        raise Unanswered(f"{path}: {error.message}") from None
    if not found:
        raise Unanswered(f"{path}: names no repository; write one a line")
    return found


def subject(line: str, place: str, sides: Sides, source: Source) -> tuple[str, Subject | None]:
    """Read a line: a name, or the `as` of a test as JSON."""
    name, groups, attributes = line.strip(), list[str](), list[str]()
    is_described = name.startswith("{")
    if is_described:
        try:
            described = TestSubject.model_validate_json(name)
        except ValidationError:
            hint = 'write a name, or {"user": "bob", "groups": ["team-web"]}'
            raise Unanswered(f"{place}: is no subject ({hint})") from None
        robot = f"{ROBOT_PREFIX}{(described.robot or '').removeprefix(ROBOT_PREFIX)}"
        name = robot if described.robot is not None else described.user or subject_names.ANONYMOUS
        groups = described.groups
        attributes = [f"{key}={value}" for key, values in described.attributes.items() for value in values]
    if name.startswith(ROBOT_PREFIX):
        return name, _robot(name, place, sides)
    if not is_described and name != subject_names.ANONYMOUS and source.realm is None:
        hint = 'give --config FILE, or write them here: {"user": "bob", "groups": ["team-web"]}'
        raise Unanswered(f"{place}: the groups of {name!r} are not known;\n{hint}")
    found = subject_names.find(name, groups, attributes, source, Context("", "", sides.now))
    return found.name, found.subject


def _robot(name: str, place: str, sides: Sides) -> Persona:
    """Make a robot of one of the files at least; each of them says what it is."""
    robots = {**sides.old.robots, **sides.new.robots}
    short = name.removeprefix(ROBOT_PREFIX)
    if short not in robots:
        known = ", ".join(sorted(robots)) or "none"
        raise Unanswered(f"{place}: there is no robot {short!r} in either file;\ntheir robots: {known}")
    return Persona(name, is_robot=True)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unanswered(f"{path}: cannot be read: {error}") from None
