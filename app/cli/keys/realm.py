"""What the commands need to know of a realm: its folder of keys, its services, how long it has to wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from app.cli.options import find_realm
from app.errors import ConfigurationError, Problem
from app.keys import keyring
from app.keys.fitness import Service
from app.keys.keyring import KeyRing
from app.keys.rotation import Waits
from app.keys.signing_key import SigningKey
from app.settings import RealmSettings, Settings

_ROUND = timedelta(milliseconds=999)


@dataclass(frozen=True, slots=True)
class KeysOfRealm:
    """What a configuration says of one realm.

    Attributes:
        name: Its name.
        option: What has to be written after a command so that it is about this realm.
        folder: Its keys.
        issuer: Its issuer.
        services: Its services.
        waits: How long it has to wait between two steps.
    """

    name: str
    option: str
    folder: Path
    issuer: str
    services: Mapping[str, Service]
    waits: Waits

    def load(self) -> KeyRing:
        """Read its keys, or end with every problem on standard error."""
        try:
            return keyring.load(self.folder)
        except ConfigurationError as error:
            raise wrong(error) from None

    def find(self, name: str) -> SigningKey:
        """Read its keys and give the one of a name, or end."""
        keys = {key.name: key for key in self.load().keys}
        if name not in keys:
            known = ", ".join(keys)
            raise click.BadParameter(f"there is no key {name!r}; there is: {known}", param_hint="NAME")
        return keys[name]


def keys_of_realm(settings: Settings, asked: str | None) -> KeysOfRealm:
    """Give what the configuration says of a realm's keys, or end with the names of the realms."""
    option = f" --realm {asked}" if asked else ""
    name, section = find_realm(settings, asked)
    return KeysOfRealm(name, option, section.keys, section.issuer, section.key_services(), _waits(section))


def wrong(error: ConfigurationError) -> click.ClickException:
    """Make the end of a command from what is wrong with the keys."""
    return click.ClickException(str(error))


def refuse(problems: list[Problem]) -> None:
    """End where there is any problem."""
    if problems:
        raise wrong(ConfigurationError(problems))


def now() -> datetime:
    """Give the time (aware, UTC)."""
    return datetime.now(UTC)


def moment(time: datetime) -> str:
    """Write a time for people, rounded up: who waits for it does not come too early."""
    return f"{time.astimezone(UTC) + _ROUND:%Y-%m-%d %H:%M:%S} UTC"


def _waits(section: RealmSettings) -> Waits:
    lifetimes = section.lifetimes
    longest = max(lifetimes.default, lifetimes.push)
    return Waits(section.keys_propagation, longest, lifetimes.backdate)
