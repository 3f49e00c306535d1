"""The shape of a rules file: which keys there are and what kind of value each takes.

What the values mean is checked and compiled in `load.py`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, field_validator

from app.configfile.fields import Section, wrong
from app.configfile.problems import NO_VALUE_HINT

_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")


def _identifier(value: str) -> str:
    if not _IDENTIFIER.fullmatch(value):
        hint = "write small letters, digits and . _ -, 128 at the most"
        raise wrong(f"{value!r} cannot be a name here", hint)
    return value


ActionWord = Literal["pull", "push", "delete", "*"]
Identifier = Annotated[str, AfterValidator(_identifier)]
Texts = Annotated[list[str], Field(min_length=1)]
Actions = Annotated[list[ActionWord], Field(min_length=1)]


class _Entry(Section):
    """A mapping of the rules file: no value is converted from one kind into another.

    A key without a value is an error: a condition that says nothing would be no condition.
    """

    model_config = ConfigDict(strict=True, validate_default=False)

    @field_validator("*", mode="before")
    @classmethod
    def _has_value(cls, value: object, info: ValidationInfo) -> object:
        if value is None:
            name = info.field_name or ""
            raise wrong(f"'{cls.model_fields[name].alias or name}' has no value", NO_VALUE_HINT)
        return value


class WhenEntry(_Entry):
    """The conditions of a rule; all must hold."""

    services: Texts | None = None
    networks: Texts | None = None
    from_: Annotated[str | None, Field(alias="from")] = None
    until: str | None = None
    attributes: Annotated[dict[str, Texts], Field(min_length=1)] | None = None


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
