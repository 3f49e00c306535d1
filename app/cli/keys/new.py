"""`wharfinger keys new`: make a signing key."""

from __future__ import annotations

import click

from app.cli.keys import realm as realms
from app.cli.keys.realm import NamedRealm, named_realm
from app.cli.options import config_option, realm_option
from app.errors import ConfigurationError
from app.keys.algorithm import Algorithm
from app.keys.create import active_key, create
from app.keys.folder import KeyFile
from app.keys.signing_key import KeyState, SigningKey
from app.settings import Settings


@click.command()
@config_option
@realm_option
@click.option(
    "--algorithm",
    type=click.Choice([each.value for each in Algorithm], case_sensitive=False),
    default=Algorithm.ES256.value,
    show_default=True,
    help="The key's algorithm. Distribution 2.8 knows no EdDSA, 3.x knows it with a `jwks`.",
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
    found, now = named_realm(settings, realm), realms.now()
    if if_none and _says_active(found):
        return
    try:
        key = create(
            found.keys.folder,
            name=None,
            algorithm=Algorithm(algorithm),
            state=KeyState(state),
            common_name=found.keys.issuer,
            now=now,
        )
    except ConfigurationError:
        # A replica that starts at the same time may have been quicker.
        if if_none and _says_active(found):
            return
        raise
    file = KeyFile.of(found.keys.folder, key.name, key.state, now).path
    click.echo(f"Made the {key.state} {key.algorithm} key {file} of realm {found.name}")
    click.echo(ids(key))


def ids(key: SigningKey) -> str:
    """Return both ids of a key, a line each."""
    return f"  key id (libtrust): {key.libtrust}\n  key id (RFC 7638): {key.rfc7638}"


def _says_active(realm: NamedRealm) -> bool:
    existing = active_key(realm.keys.folder)
    if existing:
        click.echo(f"Realm {realm.name} has the active key {realm.keys.folder / existing}; nothing to do.")
    return existing is not None
