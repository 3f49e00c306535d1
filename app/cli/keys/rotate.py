"""`wharfinger keys rotate`: the next safe step from one key to the next."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import click

from app import files
from app.cli.keys import realm as realms
from app.cli.keys import steps
from app.cli.keys.change import check_fit
from app.cli.keys.new import make
from app.cli.keys.realm import KeysOfRealm, keys_of_realm
from app.cli.options import config_option, format_option, realm_option
from app.configfile.fields import parse_duration
from app.errors import ConfigurationError
from app.keys import change
from app.keys.algorithm import Algorithm
from app.keys.keyring import KeyRing
from app.keys.rotation import Plan, Step, plan
from app.keys.signing_key import KeyState
from app.settings import Settings

_LOCK = ".rotate.lock"


class _Duration(click.ParamType[timedelta]):
    """A duration as the configuration file has it."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read one."""
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    algorithm: Algorithm | None
    ready: bool
    older_than: timedelta
    dry: bool


@click.command()
@config_option
@realm_option
@click.option(
    "--registries-ready",
    is_flag=True,
    help="Say that every registry knows the announced key.",
)
@click.option(
    "--algorithm",
    type=click.Choice([each.value for each in Algorithm], case_sensitive=False),
    help="Of a new key; that of the active one where not given.",
)
@click.option(
    "--older-than",
    type=_Duration(),
    default=timedelta(),
    help="Begin only where the active key is older, as in 90d; for a timer.",
)
@click.option("--dry-run", is_flag=True, help="Say what the next step is, and do nothing.")
@format_option("json")
def rotate(
    settings: Settings,
    realm: str | None,
    algorithm: str | None,
    older_than: timedelta,
    form: str,
    *,
    registries_ready: bool,
    dry_run: bool,
) -> None:
    """Take the next safe step from a realm's key to a new one, and say what is to be done then.

    Announce a new key; activate it, once every registry and server knows it; remove the former
    one, once nothing that it signed is valid. Call it again for each step. Exits with 1 where
    the next step has to wait.
    """
    found = keys_of_realm(settings, realm)
    asked = Asked(Algorithm(algorithm) if algorithm else None, registries_ready, older_than, dry_run)
    try:
        if dry_run:
            outcome = _next(found, asked)
        else:
            found.load()
            with files.locked(found.folder, _LOCK):
                outcome = _next(found, asked)
    except ConfigurationError as error:
        raise realms.wrong(error) from None
    except OSError as error:
        raise click.ClickException(f"{found.folder}: cannot be written: {error.strerror}") from None
    click.echo(json.dumps(outcome.fields(), indent=2) if form == "json" else outcome.text)
    if not outcome.good:
        raise click.exceptions.Exit(1)


def _next(realm: KeysOfRealm, asked: Asked) -> steps.Outcome:
    ring, now = realm.load(), realms.now()
    try:
        found = plan(ring, realm.services, realm.waits, now)
    except ValueError as error:
        text = f"several keys are announced: {error}; activate one by name, or retire all but one"
        raise click.ClickException(text) from None
    return _STEPS[found.step](realm, ring, found, asked, now)


def _announce(realm: KeysOfRealm, ring: KeyRing, _found: Plan, asked: Asked, now: datetime) -> steps.Outcome:
    age = now - (ring.active.since or now)
    if age < asked.older_than:
        return steps.young(ring.active, age)
    algorithm = asked.algorithm or ring.active.algorithm
    if asked.dry:
        return steps.would_announce(algorithm)
    return steps.announced(realm, ring, make(realm, algorithm, KeyState.ANNOUNCED), now)


def _activate(realm: KeysOfRealm, ring: KeyRing, found: Plan, asked: Asked, now: datetime) -> steps.Outcome:
    (key,) = found.keys
    check_fit(realm, ring, key, now)
    if found.needs_registries and not asked.ready:
        return steps.registries_first(realm, ring, key, found.due)
    if now < found.due:
        return steps.wait(found, "not every server may publish the announced key before then")
    if not asked.dry:
        change.activate(realm.folder, key.name, now)
    return steps.activated(realm, ring, key, now, dry=asked.dry)


def _remove(realm: KeysOfRealm, ring: KeyRing, found: Plan, asked: Asked, now: datetime) -> steps.Outcome:
    if now < found.due:
        return steps.wait(found, "what the retired key signed may be valid until then")
    if not asked.dry:
        for key in found.keys:
            change.discard(realm.folder, key.name)
    return steps.removed(realm, ring, found.keys, dry=asked.dry)


_STEPS: dict[Step, Callable[[KeysOfRealm, KeyRing, Plan, Asked, datetime], steps.Outcome]] = {
    Step.ANNOUNCE: _announce,
    Step.ACTIVATE: _activate,
    Step.REMOVE: _remove,
}
