"""The options by which a command names a service and its registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

from app.registry.agreement import RegistryKind
from app.registry.service import Parameter, UnknownServiceError

P = ParamSpec("P")
R = TypeVar("R")

url_option = click.option(
    "--url",
    help="Where clients reach the token endpoint, if it is not below the realm's issuer.",
)


def kind_option(*, required: bool) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Add the option `--for`, which names the kind of the registry."""
    return click.option(
        "--for",
        "kind",
        type=click.Choice([each.value for each in RegistryKind]),
        required=required,
        help="What kind of registry it is.",
    )


def wrong_service(error: UnknownServiceError, name: str) -> click.BadParameter:
    """Return the end of a command whose service is not clear.

    Args:
        error: What is wrong.
        name: What the command calls its parameter for the service.
    """
    hint = {Parameter.SERVICE: name, Parameter.URL: "--url"}[error.parameter]
    return click.BadParameter(error.text, param_hint=hint)
