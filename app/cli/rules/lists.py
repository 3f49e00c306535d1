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
from app.rules.model import ROBOT_PREFIX, Context, Persona, Subject
from app.rules.schema import TestSubject


def lines(path: Path) -> list[tuple[str, str]]:
    """Read the lines that name subjects, each with its place."""
    numbered = enumerate(_text(path).splitlines(), start=1)
    return [(f"{path}:{number}", line) for number, line in numbered if line.strip()]


def scopes(path: Path) -> list[Scope]:
    """Read names, one a line, or a registry's answer to `GET /v2/_catalog`."""
    text = _text(path)
    try:
        names = json.loads(text)["repositories"] if text.lstrip().startswith("{") else text.split()
        return [read_scope(name, "") for name in names]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unanswered(f"{path}: is no list of repositories, nor a registry's catalog") from None
    except click.BadParameter as error:
        raise Unanswered(f"{path}: {error.message}") from None


def subject(line: str, place: str, sides: Sides, source: Source) -> tuple[str, Subject | None]:
    """Read a line: a name, or the `as` of a test as JSON."""
    name, groups, attributes = line.strip(), list[str](), list[str]()
    if name.startswith("{"):
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
        return name, Persona(name, is_robot=True)
    found = subject_names.find(name, groups, attributes, source, Context("", "", sides.now))
    return found.name, found.subject


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unanswered(f"{path}: cannot be read: {error}") from None
