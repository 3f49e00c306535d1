"""The options that commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import click

from app import settings
from app.errors import ConfigurationError
from app.settings import RealmSettings, Settings

P = ParamSpec("P")
R = TypeVar("R")
Command = TypeVar("Command", bound=Callable[..., Any])


def config_path_option(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the option `--config`, by path: `--config`, then WHARFINGER_CONFIG."""
    return click.option(
        "--config",
        envvar=settings.PATH_VARIABLE,
        required=True,
        type=click.Path(dir_okay=False, path_type=Path),
        show_envvar=True,
        help="The configuration file.",
    )(command)


def config_option(command: Callable[Concatenate[Settings, P], R]) -> Callable[..., R]:
    """Give a command the option `--config`, and call it with the settings that are in the file."""

    @config_path_option
    @functools.wraps(command)
    def with_settings(config: Path, *args: P.args, **kwargs: P.kwargs) -> R:
        return command(load(config), *args, **kwargs)

    return with_settings


def realm_option(command: Command) -> Command:
    """Give a command the option `--realm`."""
    return click.option("--realm", help="The realm; the default realm where not given.")(command)


def find_realm(settings: Settings, name: str | None) -> tuple[str, RealmSettings]:
    """Give a realm of the configuration and its name, or end with the names that there are."""
    name = name or settings.default_realm
    if section := settings.realms.get(name):
        return name, section
    known = ", ".join(sorted(settings.realms))
    text = f"there is no realm {name!r}; the configuration has: {known}"
    raise click.BadParameter(text, param_hint="--realm")


def format_option(*forms: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Give a command the option `--format`: `text` for people, and what programs read."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["text", *forms]),
        default="text",
        show_default=True,
        help="For people or for programs.",
    )


def load(path: Path) -> Settings:
    """Load the settings, or end with every problem on standard error."""
    try:
        return settings.load(path)
    except ConfigurationError as error:
        raise problems(error) from None


def problems(error: ConfigurationError) -> click.ClickException:
    """Make the end of a command of a configuration that cannot be used: one problem a line."""
    count = len(error.problems)
    heading = f"{count} problem{'s' if count > 1 else ''} in the configuration:"
    return click.ClickException("\n".join([heading, *map(str, error.problems)]))
