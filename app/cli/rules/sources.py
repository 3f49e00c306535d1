"""What the commands about rules ask: which rules, in which circumstances, and the directory behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

from app import settings
from app.cli.options import find_realm, realm_option
from app.cli.rules.printing import plain
from app.dn import DN
from app.errors import ConfigurationError, Refusal, UnfitError, WharfingerError
from app.rules.conditions import Context
from app.rules.file import load as rules_file
from app.rules.file.values import address, parse_time
from app.rules.model import RuleSet, Subject
from app.settings import RealmSettings

Command = TypeVar("Command", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path)


class Unanswered(click.ClickException):
    """There is no answer: 1 is an answer of these commands, so errors end with 2, as those of usage."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        """Say why, without what a terminal would obey: a directory or a file may have named it."""
        super().__init__("\n".join(map(plain, message.split("\n"))))


class Person(Protocol):
    """One of the people of a group."""

    @property
    def name(self) -> str:
        """The canonical name."""


class Directory(Protocol):
    """What these commands need of a directory."""

    def look_up(self, name: str) -> Subject | Refusal:
        """Find somebody without a password.

        Raises:
            WharfingerError: It could not be found out.
        """

    def people_in(self, group: DN | str) -> Iterator[Person]:
        """Give the people in a group, named by DN or by name.

        Raises:
            WharfingerError: It could not be found out.
        """


@dataclass(frozen=True, slots=True)
class Source:
    """The rules that are asked, and the realm that they are of.

    Attributes:
        path: Where the rules came from.
        realm: None where the rules are named by path alone.
        realm_name: Likewise empty.
    """

    rules: RuleSet
    path: Path
    realm: RealmSettings | None
    realm_name: str = ""

    def directory(self) -> Directory | None:
        """Give the directory, which is closed when the command ends; None where there is none."""
        if self.realm is None:
            return None
        from app import bootstrap  # noqa: PLC0415 - who asks no directory does without the whole server

        try:
            made = bootstrap.directory(self.realm_name, self.realm)
        except ConfigurationError as error:
            raise unanswered(error) from None
        click.get_current_context().call_on_close(made.close)
        return made

    @property
    def only_service(self) -> str:
        """Give the service where the realm has but one."""
        services = [*self.realm.services] if self.realm is not None else []
        return services[0] if len(services) == 1 else ""


def source_options(command: Command) -> Command:
    """Give a command the options that say which rules."""
    for option in (
        click.option("--candidate", is_flag=True, help="Ask the realm's candidate rules."),
        click.option("--rules", "rules_path", type=_FILE, help="The rules: a file or a folder."),
        realm_option,
        click.option(
            "--config",
            envvar=settings.PATH_VARIABLE,
            type=_FILE,
            show_envvar=True,
            help="The configuration file: its rules, and its directory.",
        ),
    ):
        command = option(command)
    return command


def context_options(command: Command) -> Command:
    """Give a command the options that set the conditions."""
    for option in (
        click.option("--at", metavar="TIME", help="When: a date or a time; now where not given."),
        click.option("--from", "from_", metavar="ADDRESS", help="Where the request comes from."),
        click.option("--service", metavar="NAME", help="What the token is for."),
    ):
        command = option(command)
    return command


def read_source(
    config: Path | None, realm: str | None, rules_path: Path | None, *, candidate: bool
) -> Source:
    """Read the rules that a command line names.

    Raises:
        Unanswered: They cannot be read.
        UsageError: None are named.
    """
    if config is None and rules_path is None:
        raise click.UsageError("Say which rules: --config FILE, or --rules PATH.")
    if candidate and (config is None or rules_path is not None):
        raise click.UsageError("--candidate goes with --config, not with --rules.")
    name, section = realm_of(config, realm) if config is not None else ("", None)
    path = rules_path or _path_of(section, candidate=candidate)
    return Source(read_rules(path), path, section, name)


def read_rules(path: Path) -> RuleSet:
    """Read rules.

    Raises:
        Unanswered: They cannot be read.
    """
    try:
        return rules_file.load(path, datetime.now(UTC))
    except ConfigurationError as error:
        raise unanswered(error) from None


def read_context(
    service: str | None, from_: str | None, at: str | None, *, default_service: str = ""
) -> Context:
    """Read the conditions of a request.

    Raises:
        BadParameter: One of them is none.
    """
    try:
        moment = parse_time(at, end_of_day=False) if at is not None else datetime.now(UTC)
    except UnfitError as error:
        raise click.BadParameter(str(error), param_hint="--at") from None
    try:
        client = address(from_) if from_ is not None else ""
    except UnfitError as error:
        raise click.BadParameter(str(error), param_hint="--from") from None
    return Context(service if service is not None else default_service, client, moment)


def unanswered(error: WharfingerError) -> Unanswered:
    """Make the end of a command that finds no answer."""
    if isinstance(error, ConfigurationError):
        problems: Sequence[object] = error.problems
        count = len(problems)
        return Unanswered("\n".join([f"{count} problem{'s' if count > 1 else ''}:", *map(str, problems)]))
    return Unanswered(f"{error.message} {error.detail}".strip())


def realm_of(config: Path, name: str | None) -> tuple[str, RealmSettings]:
    """Find a realm of a configuration file; the default realm where none is named.

    Raises:
        Unanswered: The configuration cannot be read.
        BadParameter: It has no such realm.
    """
    try:
        read = settings.load(config)
    except ConfigurationError as error:
        raise unanswered(error) from None
    return find_realm(read, name)


def _path_of(section: RealmSettings | None, *, candidate: bool) -> Path:
    if section is None:
        raise click.UsageError("Say which rules: --config FILE, or --rules PATH.")
    if not candidate:
        return section.rules
    if section.candidate_rules is None:
        raise click.UsageError("The realm has no candidate_rules.")
    return section.candidate_rules
