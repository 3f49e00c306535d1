"""Whom a command about rules asks about: from the directory, the rules file, or the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import click

from app import dn
from app.cli.rules.sources import Directory, Source, Unanswered, unanswered
from app.errors import Refusal, UnfitError, WharfingerError
from app.rules.conditions import Context
from app.rules.file.values import named_group
from app.rules.model import ROBOT_PREFIX, NamedGroup, Persona, Subject

ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom a command asks about.

    Attributes:
        subject: None for somebody without a login.
        origin: Where it is from: `directory`, `rules file`, `command line`.
        obstacle: Why the subject could not even log in; empty for most.
    """

    subject: Subject | None
    origin: str
    obstacle: str = ""

    @property
    def name(self) -> str:
        """Name the subject."""
        return self.subject.name if self.subject is not None else ANONYMOUS


def find(
    name: str, groups: Sequence[str], attributes: Sequence[str], source: Source, context: Context
) -> Asked:
    """Find the subject that a command line names.

    Raises:
        Unanswered: There is no such one, or the directory does not say.
        UsageError: The options do not go together.
    """
    is_robot = name.startswith(ROBOT_PREFIX)
    if (is_robot or name == ANONYMOUS) and (groups or attributes):
        raise click.UsageError("--groups and --attribute are for people.")
    if is_robot:
        return _robot(name.removeprefix(ROBOT_PREFIX), source, context)
    if name == ANONYMOUS:
        return Asked(None, "command line")
    if not dn.fold(name):
        raise click.UsageError("SUBJECT is empty; write anonymous for nobody.")
    directory = source.directory() if not groups and not attributes else None
    if directory is None:
        return Asked(described(name, groups, attributes), "command line")
    return look_up(name, directory)


def look_up(name: str, directory: Directory) -> Asked:
    """Find somebody in the directory.

    Raises:
        Unanswered: There is no such one, or the directory does not say.
    """
    try:
        found = directory.look_up(name)
    except WharfingerError as error:
        raise unanswered(error) from None
    if isinstance(found, Refusal):
        raise Unanswered(f"{name}: {found.detail or found.message}")
    return Asked(found, "directory")


def described(name: str, groups: Sequence[str], attributes: Sequence[str]) -> Persona:
    """Make a person as a command line describes it.

    Raises:
        BadParameter: A group or an attribute is none.
    """
    known: dict[str, list[str]] = {}
    for text in attributes:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--attribute")
        known.setdefault(key.lower(), []).append(value)
    return Persona(dn.fold(name), tuple(map(_group, split(groups))), attributes=known)


def split(groups: Sequence[str]) -> list[str]:
    """Take lists of names apart; a text with `=` in it is one DN, commas and all."""
    return [one for text in groups for one in ([text] if "=" in text else text.split(",")) if one.strip()]


def _group(text: str) -> NamedGroup:
    try:
        return named_group(text)
    except UnfitError as error:
        raise click.BadParameter(str(error), param_hint="--groups") from None


def _robot(name: str, source: Source, context: Context) -> Asked:
    robot = source.rules.robots.get(name)
    if robot is None:
        known = ", ".join(sorted(source.rules.robots)) or "none"
        raise Unanswered(f"there is no robot {name!r} in {source.path}; its robots: {known}")
    obstacle = ""
    if robot.has_expired(context.now):
        obstacle = "it has expired"
    elif not robot.may_come_from(context.address):
        networks = " or ".join(map(str, robot.networks))
        obstacle = f"it logs in from {networks} alone, not from {context.address or 'an unknown address'}"
    return Asked(robot.persona(), "rules file", obstacle)
