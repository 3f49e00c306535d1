"""What the `keys` commands need to know of a realm, and how they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click

from app.cli.options import find_realm
from app.errors import ConfigurationError, Problem
from app.keys import keyring
from app.keys.keyring import KeyRing
from app.keys.rotation import RealmKeys
from app.keys.signing_key import SigningKey
from app.settings import Settings

_ROUND = timedelta(milliseconds=999)


@dataclass(frozen=True, slots=True)
class NamedRealm:
    """A realm that a command is about.

    Attributes:
        name: Its name.
        option: What has to be written after a command so that it is about this realm.
        keys: What is configured for its keys.
    """

    name: str
    option: str
    keys: RealmKeys

    def load(self) -> KeyRing:
        """Read its keys.

        Raises:
            ConfigurationError: They cannot be used.
        """
        return keyring.load(self.keys.folder)


def named_realm(settings: Settings, asked: str | None) -> NamedRealm:
    """Return a realm of the configuration.

    Raises:
        click.BadParameter: The configuration has no such realm.
    """
    name, section = find_realm(settings, asked)
    return NamedRealm(name, f" --realm {asked}" if asked else "", section.realm_keys())


def find(ring: KeyRing, name: str) -> SigningKey:
    """Return the key of a name.

    Raises:
        click.BadParameter: There is no such key; names those that there are.
    """
    keys = {key.name: key for key in ring.keys}
    if name not in keys:
        known = ", ".join(keys)
        raise click.BadParameter(f"there is no key {name!r}; there is: {known}", param_hint="NAME")
    return keys[name]


def refuse(problems: Sequence[Problem]) -> None:
    """End the command where there is any problem.

    Raises:
        ConfigurationError: There is.
    """
    if problems:
        raise ConfigurationError(problems)


def now() -> datetime:
    """Return the time (aware, UTC)."""
    return datetime.now(UTC)


def moment(time: datetime) -> str:
    """Write a time for people, rounded up: who waits for it does not come too early."""
    return f"{time.astimezone(UTC) + _ROUND:%Y-%m-%d %H:%M:%S} UTC"
