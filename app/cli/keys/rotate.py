"""`wharfinger keys rotate`: the next safe step from one key to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import click

from app.cli.exits import NoAnswer, finish
from app.cli.keys import realm as realms
from app.cli.keys import steps
from app.cli.keys.realm import NamedRealm, named_realm
from app.cli.keys.steps import Told
from app.cli.options import config_option, format_option, realm_option
from app.cli.output import show_json
from app.configfile.fields import parse_duration
from app.errors import UnfitError
from app.keys.algorithm import Algorithm
from app.keys.change import LockedKeys, locked
from app.keys.keyring import KeyRing
from app.keys.rotation import Plan, plan, take
from app.settings import Settings


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
class _Options:
    """What the command line asks for."""

    algorithm: Algorithm | None
    ready: bool
    older_than: timedelta


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
    found, now = named_realm(settings, realm), realms.now()
    options = _Options(Algorithm(algorithm) if algorithm else None, registries_ready, older_than)
    if dry_run:
        told = _step(found, None, found.load(), options, now)
    else:
        with locked(found.keys.folder) as keys:
            told = _step(found, keys, keys.load(), options, now)
    if form == "json":
        show_json(told.fields())
    else:
        click.echo(told.text)
    finish(well=told.good)


def _step(
    realm: NamedRealm, keys: LockedKeys | None, ring: KeyRing, options: _Options, now: datetime
) -> Told:
    """Take the next step, or say why it is not taken now.

    Args:
        realm: Whose keys.
        keys: Their folder; None changes nothing.
        ring: The keys in it.
        options: What is asked for.
        now: With a time zone.
    """
    found = _plan(realm, ring, now)
    realms.refuse(found.problems)
    if hold := found.hold(now, ready=options.ready, older_than=options.older_than):
        return steps.held(realm, ring, found, hold)
    if keys is None:
        return steps.would(ring, found, options.algorithm)
    after = take(keys, ring, found, realm.keys, now, algorithm=options.algorithm)
    return steps.taken(realm, ring, found, after, now)


def _plan(realm: NamedRealm, ring: KeyRing, now: datetime) -> Plan:
    try:
        return plan(ring, realm.keys, now)
    except UnfitError as error:
        raise NoAnswer(f"{error.text}; {error.hint}") from None
