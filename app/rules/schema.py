"""The shape of a rules file: which keys there are and what kind of value each takes.

Every value is tried here, so that what is wrong with one stands beside what is wrong with the others;
`compile.py` makes rules of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, field_validator

from app.configfile.fields import Section, wrong
from app.configfile.problems import NO_VALUE_HINT
from app.rules.pattern import NamePattern, PatternError, RepositoryPattern, parse_group
from app.rules.values import address, named_group, network, parse_time, secret_hash

_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")


def _identifier(value: str) -> str:
    if not _IDENTIFIER.fullmatch(value):
        hint = "write small letters, digits and . _ -, 128 at the most"
        raise wrong(f"{value!r} cannot be a name here", hint)
    return value


def _tried(parse: Callable[[str], object]) -> AfterValidator:
    """Make a validator that takes the texts that can be parsed."""

    def check(value: str) -> str:
        try:
            parse(value)
        except PatternError as error:
            raise wrong(error.text, error.hint) from error
        return value

    return AfterValidator(check)


ActionWord = Literal["pull", "push", "delete", "*"]
Identifier = Annotated[str, AfterValidator(_identifier)]
Texts = Annotated[list[str], Field(min_length=1)]
Group = Annotated[str, _tried(named_group)]
Groups = Annotated[list[Annotated[str, _tried(parse_group)]], Field(min_length=1)]
Names = Annotated[list[Annotated[str, _tried(NamePattern.parse)]], Field(min_length=1)]
Repositories = Annotated[list[Annotated[str, _tried(RepositoryPattern.parse)]], Field(min_length=1)]
Networks = Annotated[list[Annotated[str, _tried(network)]], Field(min_length=1)]
Secrets = Annotated[list[Annotated[str, _tried(secret_hash)]], Field(min_length=1, max_length=2)]
Start = Annotated[str, _tried(partial(parse_time, end_of_day=False))]
End = Annotated[str, _tried(partial(parse_time, end_of_day=True))]
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
    networks: Networks | None = None
    from_: Annotated[Start | None, Field(alias="from")] = None
    until: End | None = None
    attributes: Annotated[dict[str, Texts], Field(min_length=1)] | None = None


class RuleEntry(_Entry):
    """One rule: who, what, effect, when."""

    id: Identifier
    description: str = ""
    groups: Groups | None = None
    users: Names | None = None
    robots: Names | None = None
    authenticated: bool = False
    everyone: bool = False
    repositories: Repositories | None = None
    catalog: bool = False
    allow: Actions | None = None
    deny: Actions | None = None
    when: WhenEntry = WhenEntry()


class RobotEntry(_Entry):
    """A robot: a login that is in the rules file rather than in the directory."""

    name: Identifier
    secrets: Secrets
    groups: list[Group] = []
    expires: End | None = None
    networks: Networks | None = None


class TestSubject(_Entry):
    """Whom a test is about: a person, a robot, or nobody."""

    __test__ = False  # the name is the language's; pytest must not collect it

    user: str | None = None
    groups: list[Group] = []
    attributes: dict[str, Texts] = {}
    robot: str | None = None
    anonymous: bool = False


class TestEntry(_Entry):
    """A test that the owners wrote: exactly what is granted when everything is asked."""

    __test__ = False  # the name is the language's; pytest must not collect it

    id: Identifier
    as_: Annotated[TestSubject, Field(alias="as")]
    expect: Annotated[dict[str, list[ActionWord]], Field(min_length=1)]
    from_: Annotated[Annotated[str, _tried(address)], Field(alias="from")] = ""
    at: Start | None = None
    service: str = ""


class RulesFile(_Entry):
    """A whole file."""

    version: Literal[1]
    rules: list[RuleEntry] = []
    robots: list[RobotEntry] = []
    tests: list[TestEntry] = []
