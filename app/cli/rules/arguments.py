"""How commands about rules read what is asked: a resource, actions, and attributes of somebody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ParamSpec, TypeVar

import click

from app.errors import UnfitError
from app.protocol.scope import Scope
from app.rules.review.resources import parse_actions, parse_resource

P = ParamSpec("P")
R = TypeVar("R")


def read_scope(repository: str, actions: str) -> Scope:
    """Read what is asked of which resource.

    Raises:
        click.BadParameter: It is no name, or no action.
    """
    try:
        kind, name = parse_resource(repository)
    except UnfitError as error:
        raise click.BadParameter(str(error), param_hint="REPOSITORY") from None
    try:
        return Scope(kind, name, parse_actions(actions, kind))
    except UnfitError as error:
        raise click.BadParameter(str(error), param_hint="ACTIONS") from None


def attribute_option(command: Callable[P, R]) -> Callable[P, R]:
    """Add the option `--attribute`, and call the command with lists of values by name."""
    return click.option(
        "--attribute",
        "attributes",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_read_attributes,
        help="One of the subject's attributes.",
    )(command)


def _read_attributes(
    ctx: click.Context, param: click.Parameter, texts: Sequence[str]
) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE", ctx, param)
        found.setdefault(name.lower(), []).append(value)
    return found
