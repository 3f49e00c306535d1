"""The options that commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click

from app import settings
from app.errors import ConfigurationError
from app.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")


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
