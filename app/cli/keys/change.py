"""`wharfinger keys activate`, `retire` and `remove`: change one key."""

from __future__ import annotations

from datetime import datetime

import click

from app.cli.exits import NoAnswer
from app.cli.keys import realm as realms
from app.cli.keys.realm import moment, named_realm
from app.cli.options import config_option, realm_option
from app.keys.change import locked
from app.keys.rotation import signing_problems
from app.keys.signing_key import KeyState
from app.settings import Settings

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
    found, now = named_realm(settings, realm), realms.now()
    with locked(found.keys.folder) as keys:
        ring = keys.load()
        key = realms.find(ring, name)
        if key.state is not KeyState.ACTIVE:
            realms.refuse(signing_problems(ring, key, found.keys, now))
            due = found.keys.waits.until_active(key)
            if not at_once:
                _wait_for(due, now, f"not every server may publish the key {name} before then")
        keys.activate(name, now)
    if key.state is KeyState.ACTIVE:
        click.echo(f"The key {name} is active; nothing to do.")
    else:
        click.echo(f"The key {name} signs as soon as the servers have read it.")


@click.command()
@_name
@config_option
@realm_option
def retire(settings: Settings, name: str, realm: str | None) -> None:
    """Have the announced key NAME never sign.

    The active key retires when another one is activated.
    """
    with locked(named_realm(settings, realm).keys.folder) as keys:
        realms.find(keys.load(), name)
        keys.retire(name, realms.now())
    click.echo(f"The key {name} is retired: it is published, and signs nothing.")


@click.command()
@_name
@config_option
@realm_option
@_now
def remove(settings: Settings, name: str, realm: str | None, *, at_once: bool) -> None:
    """Remove the files of the key NAME, once nothing that it signed can be valid."""
    found = named_realm(settings, realm)
    with locked(found.keys.folder) as keys:
        key = realms.find(keys.load(), name)
        if key.state is KeyState.ANNOUNCED:
            raise NoAnswer(f"the key {name} is announced; retire it first")
        if key.state is KeyState.RETIRED and not at_once:
            due = found.keys.waits.until_removed(key)
            _wait_for(due, realms.now(), f"what the key {name} signed may be valid until then")
        keys.discard(name)
    click.echo(f"Removed the key {name}.")


def _wait_for(due: datetime, now: datetime, reason: str) -> None:
    if now < due:
        raise NoAnswer(f"wait until {moment(due)}: {reason} (`--now` does not wait)")
