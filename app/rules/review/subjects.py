"""Whom owners ask about: somebody of the directory, a robot of the rules, or somebody who is described."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from app import dn
from app.dn import DN
from app.errors import Refusal
from app.rules import robot_names
from app.rules.conditions import Context
from app.rules.file.values import named_group
from app.rules.model import RuleSet, Subject
from app.rules.persona import Persona
from app.rules.review.unanswered import Unanswered

ANONYMOUS = "anonymous"
"""What stands for somebody without a login."""


class GroupMember(Protocol):
    """One of the people of a group."""

    @property
    def name(self) -> str:
        """The canonical name."""


class AskedDirectory(Protocol):
    """What owners' questions need of a directory."""

    def look_up(self, name: str) -> Subject | Refusal:
        """Find somebody without a password.

        Raises:
            WharfingerError: It could not be found out.
        """

    def people_in(self, group: DN | str) -> Iterator[GroupMember]:
        """Yield the people in a group, which is named by DN or by name.

        Raises:
            WharfingerError: It could not be found out.
        """


class Origin(enum.StrEnum):
    """Where what is known of a subject comes from."""

    DIRECTORY = "directory"
    RULES_FILE = "rules file"
    DESCRIBED = "command line"


@dataclass(frozen=True, slots=True)
class AskedSubject:
    """Whom an owner asks about.

    Attributes:
        subject: None for somebody without a login.
        obstacle: Why the subject could not even log in; empty for most.
    """

    subject: Subject | None
    origin: Origin
    obstacle: str = ""

    @property
    def name(self) -> str:
        """The name of the subject."""
        return self.subject.name if self.subject is not None else ANONYMOUS


NOBODY = AskedSubject(None, Origin.DESCRIBED)
"""Somebody without a login."""


def look_up(name: str, directory: AskedDirectory) -> AskedSubject:
    """Find somebody in the directory.

    Raises:
        Unanswered: Nobody has the name, or the account cannot log in.
        WharfingerError: The directory does not say.
    """
    found = directory.look_up(name)
    if isinstance(found, Refusal):
        raise Unanswered(f"{name}: {found.detail or found.message}")
    return AskedSubject(found, Origin.DIRECTORY)


def describe(name: str, groups: Iterable[str], attributes: Mapping[str, Sequence[str]]) -> AskedSubject:
    """Make a person out of a name, groups and attributes.

    Raises:
        UnfitError: One of the groups is none.
    """
    known = {attribute.lower(): tuple(values) for attribute, values in attributes.items()}
    made = Persona(dn.fold(name), tuple(map(named_group, groups)), attributes=known)
    return AskedSubject(made, Origin.DESCRIBED)


def find_robot(
    name: str, rules: RuleSet, file: str, context: Context, *, anywhere: bool = False
) -> AskedSubject:
    """Find a robot of the rules, and whether it could log in.

    Args:
        name: With `robot$` before it.
        rules: Those that have it.
        file: Where they were read, for the error.
        context: When and from where it logs in.
        anywhere: Whether it may log in from wherever it can, rather than from the address of the context.

    Raises:
        Unanswered: There is no such robot.
    """
    short = robot_names.short(name)
    robot = rules.robots.get(short)
    if robot is None:
        known = ", ".join(sorted(rules.robots)) or "none"
        raise Unanswered(f"there is no robot {short!r} in {file}; its robots: {known}")
    obstacle = ""
    if robot.has_expired(context.now):
        obstacle = "it has expired"
    elif not anywhere and not robot.may_come_from(context.address):
        networks = " or ".join(map(str, robot.networks))
        obstacle = f"it logs in from {networks} alone, not from {context.address or 'an unknown address'}"
    return AskedSubject(robot.persona(), Origin.RULES_FILE, obstacle)
