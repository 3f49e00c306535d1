"""The options that several groups of commands share, each declared once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click

from app.configfile import PATH_VARIABLE
from app.errors import UnfitError

if TYPE_CHECKING:  # commands that need no configuration do without the settings
    from app.settings import RealmSettings, Settings

P = ParamSpec("P")
R = TypeVar("R")
Command = TypeVar("Command", bound=Callable[..., Any])


def config_path_option(*, required: bool = True) -> Callable[[Command], Command]:
    """Add the option `--config`, by path: `--config`, then WHARFINGER_CONFIG."""
    return click.option(
        "--config",
        envvar=PATH_VARIABLE,
        required=required,
        type=click.Path(path_type=Path),
        show_envvar=True,
        help="The configuration file.",
    )


def config_option(command: Callable[Concatenate[Settings, P], R]) -> Callable[..., R]:
    """Add the option `--config`, and call the command with the settings that are in the file."""

    @config_path_option()
    @functools.wraps(command)
    def with_settings(config: Path, *args: P.args, **kwargs: P.kwargs) -> R:
        return command(load(config), *args, **kwargs)

    return with_settings


def load(path: Path) -> Settings:
    """Load the settings.

    Raises:
        ConfigurationError: They cannot be used; carries every problem found.
    """
    from app import settings  # noqa: PLC0415 - see above

    return settings.load(path)


def realm_option(command: Command) -> Command:
    """Add the option `--realm`."""
    return click.option("--realm", help="The realm; the default realm where not given.")(command)


def find_realm(settings: Settings, name: str | None) -> tuple[str, RealmSettings]:
    """Return the name of a realm and its section.

    Raises:
        click.BadParameter: The configuration has no such realm; names those that it has.
    """
    name = name or settings.default_realm
    if section := settings.realms.get(name):
        return name, section
    known = ", ".join(sorted(settings.realms))
    text = f"there is no realm {name!r}; the configuration has: {known}"
    raise click.BadParameter(text, param_hint="--realm")


def format_option(*forms: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Add the option `--format`: `text` for people, and what programs read."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["text", *forms]),
        default="text",
        show_default=True,
        help="For people or for programs.",
    )


def groups_option(text: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Add the option `--groups`: a list of names or DNs, None where the option was not given."""
    return click.option(
        "--groups", metavar="A,B", multiple=True, callback=_read_groups, help=f"{text}; a DN by itself."
    )


def _read_groups(ctx: click.Context, param: click.Parameter, texts: Sequence[str]) -> list[str] | None:
    from app.rules.file.values import named_group  # noqa: PLC0415 - seldom needed

    # a text with `=` in it is one DN, commas and all
    named = [one.strip() for text in texts if text for one in ([text] if "=" in text else text.split(","))]
    for name in named:
        try:
            named_group(name)
        except UnfitError as error:
            raise click.BadParameter(str(error), ctx, param) from None
    return named if texts else None


class Moment(click.ParamType[datetime]):
    """A date or a time, as rules files have it; a date is its first moment, in UTC."""

    name = "time"
    end_of_day = False

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read one."""
        from app.rules.file.values import parse_time  # noqa: PLC0415 - seldom needed

        if isinstance(value, datetime):
            return value
        try:
            return parse_time(str(value), end_of_day=self.end_of_day)
        except UnfitError as error:
            self.fail(str(error), param, ctx)
