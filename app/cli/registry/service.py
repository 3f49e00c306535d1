"""The service that a command is about: its realm, and what a registry must agree on with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

import click

from app.cli.options import find_realm
from app.keys.kid import KeyId
from app.registry.config.connection import Connection, RegistryKind, token_url
from app.settings import RealmSettings, Settings

P = ParamSpec("P")
R = TypeVar("R")

url_option = click.option(
    "--url",
    help="Where clients reach the token endpoint, if it is not below the realm's issuer.",
)


def kind_option(*, required: bool) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Give a command the option `--for`, which names the kind of the registry."""
    return click.option(
        "--for",
        "kind",
        type=click.Choice([each.value for each in RegistryKind]),
        required=required,
        help="What kind of registry it is.",
    )


def connection_of(
    settings: Settings, realm: str | None, service: str, url: str | None
) -> tuple[RealmSettings, Connection]:
    """Find a service, and say what its registry must be configured with.

    Raises:
        click.UsageError: There is no such realm or service, or nothing says where the token endpoint is.
    """
    name, section = find_realm(settings, realm)
    found = section.services.get(service)
    if found is None:
        text = f"realm {name} has no service {service!r}; it has: {', '.join(section.services)}"
        raise click.BadParameter(text, param_hint="SERVICE")
    return section, Connection(
        realm=_url(url) if url else _derived(section.issuer, name),
        service=service,
        issuer=section.issuer,
        key_id=KeyId.parse(found.key_id),
        x5c=found.x5c,
        algorithm=found.algorithm,
    )


def _derived(issuer: str, realm: str) -> str:
    derived = token_url(issuer, realm)
    if derived is None:
        text = f"the issuer {issuer} does not say where clients reach the token endpoint: give it by --url"
        raise click.UsageError(text)
    return derived


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or "@" in value or not value.isprintable() or " " in value:
        text = "write https://auth.example.com/auth/realms/NAME/protocol/docker-v2/auth"
        raise click.BadParameter(text, param_hint="--url")
    return value
