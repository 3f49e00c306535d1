"""`wharfinger keys`: make signing keys, and publish them as the files that a registry is configured with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from app.cli.options import config_option
from app.errors import ConfigurationError
from app.keys.algorithm import Algorithm
from app.keys.create import active_key, create
from app.keys.keyring import load
from app.keys.signing_key import KeyState, SigningKey
from app.keys.write import write_whole
from app.settings import RealmSettings, Settings

_PUBLISHED_MODE = 0o644

_realm_option = click.option("--realm", help="The realm; the default realm where not given.")


@click.group()
def keys() -> None:
    """Make and publish signing keys."""


@keys.command()
@config_option
@_realm_option
@click.option(
    "--algorithm",
    type=click.Choice([each.value for each in Algorithm], case_sensitive=False),
    default=Algorithm.ES256.value,
    show_default=True,
    help="The key's algorithm. Distribution 2.x does not start with an EdDSA certificate in its bundle.",
)
@click.option(
    "--state",
    type=click.Choice([each.value for each in KeyState]),
    default=KeyState.ACTIVE.value,
    show_default=True,
    help="Whether the key signs at once, or is only published for now.",
)
@click.option("--if-none", is_flag=True, help="Do nothing where the realm has an active key.")
def new(settings: Settings, realm: str | None, algorithm: str, state: str, *, if_none: bool) -> None:
    """Make a signing key in a realm's keys folder."""
    name, section = _find_realm(settings, realm)
    if if_none and _says_active(name, section):
        return
    try:
        key = create(
            section.keys,
            name=None,
            algorithm=Algorithm(algorithm),
            state=KeyState(state),
            common_name=section.issuer,
            now=datetime.now(UTC),
        )
    except ConfigurationError as error:
        # A replica that starts at the same time may have been quicker.
        if if_none and _says_active(name, section):
            return
        raise click.ClickException(str(error)) from None
    click.echo(_description(name, section.keys, key))


@keys.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@config_option
@_realm_option
def publish(settings: Settings, folder: Path, realm: str | None) -> None:
    """Write a realm's published keys to DIR/certs.pem and DIR/jwks.json, for a registry to read."""
    _, section = _find_realm(settings, realm)
    if folder.resolve() == section.keys.resolve():
        raise click.ClickException(f"{folder}: holds the private keys; publish to another folder")
    try:
        ring = load(section.keys)
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from None
    for name, data in (("certs.pem", ring.pem_bundle), ("jwks.json", ring.jwk_set)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(folder / name, data, mode=_PUBLISHED_MODE)
        except OSError as error:
            raise click.ClickException(f"{folder / name}: cannot be written: {error.strerror}") from None
        click.echo(f"Wrote {folder / name}")


def _find_realm(settings: Settings, name: str | None) -> tuple[str, RealmSettings]:
    name = name or settings.default_realm
    if section := settings.realms.get(name):
        return name, section
    known = ", ".join(sorted(settings.realms))
    text = f"there is no realm {name!r}; the configuration has: {known}"
    raise click.BadParameter(text, param_hint="--realm")


def _says_active(realm: str, section: RealmSettings) -> bool:
    existing = active_key(section.keys)
    if existing:
        click.echo(f"Realm {realm} has the active key {section.keys / existing}; nothing to do.")
    return existing is not None


def _description(realm: str, folder: Path, key: SigningKey) -> str:
    return (
        f"Made the {key.state} {key.algorithm} key {folder / key.name}.{key.state}.pem of realm {realm}\n"
        f"  key id (libtrust): {key.libtrust}\n"
        f"  key id (RFC 7638): {key.rfc7638}"
    )
