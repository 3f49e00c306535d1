"""The shape of a rules file: which keys there are and what kind of value each takes.

What the values mean is checked and compiled in `load.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from app.configfile.fields import Section

ActionWord = Literal["pull", "push", "delete", "*"]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=128)]
Texts = Annotated[list[str], Field(min_length=1)]
Actions = Annotated[list[ActionWord], Field(min_length=1)]


class _Entry(Section):
    """A mapping of the rules file: no value is converted from one kind into another."""

    model_config = ConfigDict(strict=True)


class WhenEntry(_Entry):
    """The conditions of a rule; all must hold."""

    services: Texts | None = None
    networks: Texts | None = None
    from_: Annotated[str | None, Field(alias="from")] = None
    until: str | None = None
    attributes: dict[str, Texts] | None = None


class RuleEntry(_Entry):
    """One rule: who, what, effect, when."""

    id: Identifier
    description: str = ""
    groups: Texts | None = None
    users: Texts | None = None
    robots: Texts | None = None
    authenticated: bool = False
    everyone: bool = False
    repositories: Texts | None = None
    catalog: bool = False
    allow: Actions | None = None
    deny: Actions | None = None
    when: WhenEntry = WhenEntry()


class RobotEntry(_Entry):
    """A robot: a login that is in the rules file rather than in the directory."""

    name: Identifier
    secrets: Annotated[list[str], Field(min_length=1, max_length=2)]
    groups: list[str] = []
    expires: str | None = None
    networks: Texts | None = None


class TestSubject(_Entry):
    """Whom a test is about: a person, a robot, or nobody."""

    __test__ = False  # the name is the language's; pytest must not collect it

    user: str | None = None
    groups: list[str] = []
    attributes: dict[str, Texts] = {}
    robot: str | None = None
    anonymous: bool = False


class TestEntry(_Entry):
    """A test that the owners wrote: exactly what is granted when everything is asked."""

    __test__ = False  # the name is the language's; pytest must not collect it

    id: Identifier
    as_: Annotated[TestSubject, Field(alias="as")]
    expect: Annotated[dict[str, list[ActionWord]], Field(min_length=1)]
    from_: Annotated[str, Field(alias="from")] = ""
    at: str | None = None
    service: str = ""


class RulesFile(_Entry):
    """A whole file."""

    version: Literal[1]
    rules: list[RuleEntry] = []
    robots: list[RobotEntry] = []
    tests: list[TestEntry] = []
