"""The shape of a rules file: which keys there are and what kind of value each takes.

Every value is tried here, so that what is wrong with one stands beside what is wrong with the others;
`compile.py` makes rules of them. What is said here of keys and values is the JSON Schema too
(`json_schema.py`), though that cannot see all that is tried.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetPydanticSchema,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import core_schema

from app import dn
from app.configfile.fields import Section
from app.configfile.problems import NO_VALUE_HINT
from app.errors import UnfitError
from app.rules.file import values
from app.rules.file.hours import HOURS, hours
from app.rules.file.values import parse_time
from app.rules.hours import Hours
from app.rules.networks import IPNetwork
from app.rules.patterns.dns import DNPattern, parse_group
from app.rules.patterns.names import NamePattern
from app.rules.patterns.repository import RepositoryPattern

GroupText = TypeVar("GroupText", bound=str | NamePattern | DNPattern)
_COMPONENT = r"(?:\*\*|(?:[a-z0-9._:?-]|\*(?!\*)|\{[a-z][a-z0-9_]*\})+)"
_LISTS = frozenset(
    {"groups", "all_groups", "users", "robots", "repositories", "allow", "deny", "services", "networks"}
)


def _tried(parse: Callable[[str], object]) -> AfterValidator:
    """Make a validator that takes the texts that can be parsed."""

    def check(value: str) -> str:
        parse(value)
        return value

    return AfterValidator(check)


def _read(parse: Callable[[str], object]) -> GetPydanticSchema:
    """Make a validator that takes the texts that can be parsed, and gives what they mean."""
    text = core_schema.str_schema()
    schema = core_schema.no_info_after_validator_function(parse, text)
    return GetPydanticSchema(lambda _source, _handler: schema)


def _whole(groups: list[GroupText]) -> list[GroupText]:
    """Refuse a list in which YAML has cut a DN at its commas: each piece would be the DN of no group."""
    if len(groups) == 1:
        return groups
    texts = [group if isinstance(group, str) else group.text for group in groups]
    pieces = [text for text in texts if "=" in text and len(dn.parse(text).rdns) == 1]
    if len(pieces) > 1:
        hint = f'put quotes around the whole: "{",".join(pieces)}"'
        raise UnfitError(f"{pieces[0]!r} and {pieces[1]!r} are pieces of a DN", hint)
    return groups


def _seen(pattern: str) -> WithJsonSchema:
    """Say what an editor can see of a text."""
    return WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern})$"})


def _word(value: object) -> object:
    """Say of a word that is no action which one may be meant."""
    return values.action(value) if isinstance(value, str) else value


_FILLED = Field(min_length=1)
_ANY = WithJsonSchema({"type": "string", "pattern": r"\S"})
_TIME = _seen(values.TIME)
ActionWord = Annotated[Literal["pull", "push", "delete", "*"], BeforeValidator(_word)]
Identifier = Annotated[str, _tried(values.identifier), _seen(values.IDENTIFIER)]
Contact = Annotated[str, _tried(values.contact), _seen(values.CONTACT)]
Texts = Annotated[list[str], _FILLED]
Group = Annotated[str, _tried(values.named_group), _ANY]
MemberGroups = Annotated[list[Group], AfterValidator(_whole)]
Groups = Annotated[
    list[Annotated[NamePattern | DNPattern, _read(parse_group), _ANY]], _FILLED, AfterValidator(_whole)
]
Users = Annotated[list[Annotated[NamePattern, _read(values.user), _ANY]], _FILLED]
Robots = Annotated[list[Annotated[NamePattern, _read(values.robot), _ANY]], _FILLED]
Repository = Annotated[
    RepositoryPattern, _read(RepositoryPattern.parse), _seen(f"{_COMPONENT}(?:/{_COMPONENT})*")
]
Repositories = Annotated[list[Repository], _FILLED]
RepositoryName = Annotated[str, _tried(values.repository), _seen(r"[a-z0-9][a-z0-9._:/-]*")]
Networks = Annotated[list[Annotated[IPNetwork, _read(values.network), _seen(values.NETWORK)]], _FILLED]
Secret = Annotated[str, _tried(values.secret_hash), _seen(values.SECRET)]
Secrets = Annotated[list[Secret], Field(min_length=1, max_length=2)]
Address = Annotated[str, _tried(values.address), _seen(values.ADDRESS)]
Start = Annotated[str, _tried(partial(parse_time, end_of_day=False)), _TIME]
End = Annotated[str, _tried(partial(parse_time, end_of_day=True)), _TIME]
WeekHours = Annotated[Hours, _read(hours), _seen(HOURS)]
Actions = Annotated[list[ActionWord], _FILLED]


def _listed(key: str, text: str) -> str:
    """Write a text as the items of a list that it may be meant as."""
    parted = text.replace(",", " ").split() if key in {"allow", "deny"} else text.split(",")
    items = [text] if "=" in text else filter(None, (item.strip("- ") for item in parted))
    return ", ".join(item if item.replace("-", "").isalnum() else f'"{item}"' for item in items)


class _Entry(Section):
    """A mapping of the rules file: no value is converted from one kind into another.

    A key without a value is an error: a condition that says nothing would be no condition.

    Attributes:
        shown_lists: The keys of lists of texts that a message may repeat: not `secrets`.
    """

    model_config = ConfigDict(strict=True, validate_default=False)
    shown_lists: ClassVar[frozenset[str]] = _LISTS

    @field_validator("*", mode="before")
    @classmethod
    def _is_of_its_kind(cls, value: object, info: ValidationInfo) -> object:
        """Look at each value once: the validator of `Section` would be called beside another one."""
        if value is not None and not isinstance(value, str):
            return super()._is_of_its_kind(value, info)
        name = info.field_name or ""
        key = cls.model_fields[name].alias or name
        if value is None:
            raise UnfitError(f"'{key}' has no value", NO_VALUE_HINT)
        if key in cls.shown_lists and isinstance(value, str):
            raise UnfitError(f"'{key}' must be a list", f"write {key}: [{_listed(key, value)}]")
        return value


class WhenEntry(_Entry):
    """The conditions of a rule; all must hold."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    services: Texts | None = Field(
        default=None,
        description="The token is for one of these services.",
        examples=[["registry.example.com"]],
    )
    networks: Networks | None = Field(
        default=None, description="The request comes from one of these networks.", examples=[["10.20.0.0/16"]]
    )
    from_: Annotated[Start | None, Field(alias="from", description="Not before this date or time (UTC).")] = (
        None
    )
    until: End | None = Field(default=None, description="Not after this date (its whole day, UTC) or time.")
    hours: WeekHours | None = Field(
        default=None,
        description="In these hours of the week, by the clocks of a time zone.",
        examples=["Mon-Fri 08:00-18:00 Europe/Berlin"],
    )
    attributes: Annotated[dict[str, Texts], _FILLED] | None = Field(
        default=None, description="The person's entry has one of the values in each of these attributes."
    )


class ExceptEntry(_Entry):
    """For whom an allow rule is not, although it is for them otherwise."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    groups: Groups | None = Field(
        default=None,
        description="Not people and robots in such a group.",
        examples=[["contractors"]],
    )
    users: Users | None = Field(default=None, description="Not these people.")
    robots: Robots | None = Field(default=None, description="Not these robots, named without robot$.")


class RuleEntry(_Entry):
    """One rule: who, what, effect, when."""

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                {
                    "anyOf": [
                        {"required": ["groups"]},
                        {"required": ["all_groups"]},
                        {"required": ["users"]},
                        {"required": ["robots"]},
                        {"required": ["authenticated"], "properties": {"authenticated": {"const": True}}},
                        {"required": ["everyone"], "properties": {"everyone": {"const": True}}},
                    ]
                },
                {
                    "anyOf": [
                        {"required": ["repositories"]},
                        {"required": ["catalog"], "properties": {"catalog": {"const": True}}},
                    ]
                },
                {"oneOf": [{"required": ["allow"]}, {"required": ["deny"]}]},
                {"not": {"required": ["except", "deny"]}},
            ]
        }
    )

    id: Identifier = Field(
        description="Unique in all files. It stands in audit lines: do not change it without need.",
        examples=["team-namespaces"],
    )
    description: str = Field(
        default="", description="For people. Whom a deny rule refuses something reads it at the terminal."
    )
    contact: Contact = Field(
        default="",
        description="Whom to ask about this rule; instead of the file's.",
        examples=["web-leads@example.com"],
    )
    groups: Groups | None = Field(
        default=None,
        description="Who: people and robots in such a group. A name pattern, or a DN (it has = in it).",
        examples=[["team-{team}"]],
    )
    all_groups: Groups | None = Field(
        default=None,
        max_length=8,
        description="Who: people and robots that are in each of these groups; captures are shared.",
        examples=[["team-{team}", "editors"]],
    )
    users: Users | None = Field(default=None, description="Who: these people; patterns over their names.")
    robots: Robots | None = Field(default=None, description="Who: these robots, named without robot$.")
    authenticated: bool = Field(default=False, description="Who: anyone who has logged in.")
    everyone: bool = Field(default=False, description="Who: anyone, with or without a login.")
    except_: Annotated[
        ExceptEntry | None, Field(alias="except", description="Who it is not for, in an allow rule.")
    ] = None
    repositories: Repositories | None = Field(
        default=None,
        description="What: patterns over whole repository names. * is a part of a component, ** is one or "
        "more components, {name} is what the who of the rule captured.",
        examples=[["{team}/**"]],
    )
    catalog: bool = Field(
        default=False, description='What: the list of all repositories. Allow it with ["*"].'
    )
    allow: Actions | None = Field(default=None, description="Effect: these actions are allowed.")
    deny: Actions | None = Field(
        default=None, description="Effect: these actions are denied, whatever else allows."
    )
    when: WhenEntry = Field(default=WhenEntry(), description="Conditions; all must hold.")


class RobotEntry(_Entry):
    """A robot: a login that is in the rules file rather than in the directory."""

    name: Identifier = Field(description="It logs in as robot$NAME. Unique.", examples=["ci"])
    secrets: Secrets = Field(
        description="The SHA-256 of its secret, or of two while one replaces the other.",
        examples=["['sha256:…'], which 'wharfinger robots new' prints"],
    )
    groups: MemberGroups = Field(default=[], description="The same rules apply as to people in these groups.")
    expires: End | None = Field(default=None, description="It cannot log in after this date or time.")
    networks: Networks | None = Field(default=None, description="It can log in from these networks alone.")


class TestSubject(_Entry):
    """Whom a test is about: a person, a robot, or nobody."""

    __test__ = False  # the name is the language's; pytest must not collect it
    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["user"]},
                {"required": ["robot"]},
                {"required": ["anonymous"], "properties": {"anonymous": {"const": True}}},
            ]
        }
    )

    user: str | None = Field(default=None, description="A person of this name.")
    groups: MemberGroups = Field(default=[], description="The person's groups.")
    attributes: dict[str, Texts] = Field(default={}, description="The attributes of the person's entry.")
    robot: str | None = Field(default=None, description="A robot of the files.")
    anonymous: bool = Field(default=False, description="Somebody without a login.")


class TestEntry(_Entry):
    """A test that the owners wrote: exactly what is granted when everything is asked."""

    __test__ = False  # the name is the language's; pytest must not collect it

    id: Identifier = Field(description="Unique among the tests.", examples=["contractors-cannot-push"])
    as_: Annotated[
        TestSubject,
        Field(alias="as", description="Whom it is about.", examples=["{user: bob, groups: [team-web]}"]),
    ]
    expect: Annotated[dict[RepositoryName, list[ActionWord]], _FILLED] = Field(
        description="Exactly what is granted, by repository (or catalog). [] is nothing.",
        examples=["{web/app: [pull, push]}"],
    )
    from_: Annotated[Address, Field(alias="from", description="The address that the request is from.")] = ""
    at: Start | None = Field(default=None, description="When; now where it is not given.")
    service: str = Field(default="", description="The service that the token is for.")


class RulesFile(_Entry):
    """A rules file: who may pull, push and delete which repositories."""

    shown_lists: ClassVar[frozenset[str]] = frozenset()

    version: Literal[1] = Field(description="The version of the language.", examples=[1])
    contact: Contact = Field(
        default="",
        description="Whom people ask who are refused something; they read it at the terminal.",
        examples=["registry-team@example.com"],
    )
    rules: list[RuleEntry] = Field(
        default=[], description="Order never matters; what no rule allows is denied."
    )
    robots: list[RobotEntry] = Field(default=[], description="Logins for machines.")
    tests: list[TestEntry] = Field(
        default=[], description="What must come out; run whenever the file is read."
    )
