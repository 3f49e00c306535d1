"""`wharfinger keys activate`, `retire` and `remove`: change one key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ParamSpec, TypeVar

import click

from app.cli.keys import realm as realms
from app.cli.keys.realm import KeysOfRealm, keys_of_realm, moment
from app.cli.options import config_option, realm_option
from app.errors import ConfigurationError
from app.keys import change, fitness
from app.keys.keyring import KeyRing
from app.keys.signing_key import KeyState, SigningKey
from app.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")

_name = click.argument("name")
_now = click.option("--now", "at_once", is_flag=True, help="Do not wait; for a key that leaked.")


@click.command()
@_name
@config_option
@realm_option
@_now
def activate(settings: Settings, name: str, realm: str | None, *, at_once: bool) -> None:
    """Have the key NAME sign; the one that did so until now is retired.

    It has to be announced long enough for every server to publish it. A retired key, which
    registries still know, can be activated again at once.
    """
    found = keys_of_realm(settings, realm)
    key = found.find(name)
    if key.state is KeyState.ACTIVE:
        _change(lambda: change.tidy(found.folder))
        click.echo(f"The key {name} is active; nothing to do.")
        return
    check_fit(found, found.load(), key, realms.now())
    if not at_once:
        _wait_for(found.waits.until_active(key), f"not every server may publish the key {name} before then")
    _change(lambda: change.activate(found.folder, name, realms.now()))
    click.echo(f"The key {name} signs as soon as the servers have read it.")


@click.command()
@_name
@config_option
@realm_option
def retire(settings: Settings, name: str, realm: str | None) -> None:
    """Have the announced key NAME never sign.

    The active key retires when another one is activated.
    """
    found = keys_of_realm(settings, realm)
    found.find(name)
    _change(lambda: change.retire(found.folder, name, realms.now()))
    click.echo(f"The key {name} is retired: it is published, and signs nothing.")


@click.command()
@_name
@config_option
@realm_option
@_now
def remove(settings: Settings, name: str, realm: str | None, *, at_once: bool) -> None:
    """Remove the files of the key NAME, once nothing that it signed can be valid."""
    found = keys_of_realm(settings, realm)
    key = found.find(name)
    if key.state is KeyState.ANNOUNCED:
        raise click.ClickException(f"the key {name} is announced; retire it first")
    if key.state is KeyState.RETIRED and not at_once:
        _wait_for(found.waits.until_removed(key), f"what the key {name} signed may be valid until then")
    _change(lambda: change.discard(found.folder, name))
    click.echo(f"Removed the key {name}.")


def check_fit(realm: KeysOfRealm, ring: KeyRing, key: SigningKey, now: datetime) -> None:
    """End where registries would refuse what a key signs."""
    realms.refuse(
        [
            *fitness.problems(realm.folder, key, realm.services),
            *fitness.certificate_problems(realm.folder, ring, key, realm.services, now),
        ]
    )


def _wait_for(due: datetime, reason: str) -> None:
    if realms.now() < due:
        raise click.ClickException(f"wait until {moment(due)}: {reason} (`--now` does not wait)")


def _change(do: Callable[[], None]) -> None:
    try:
        do()
    except ConfigurationError as error:
        raise realms.wrong(error) from None
