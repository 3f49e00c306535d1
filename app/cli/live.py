"""The directory as commands ask it: without a server, and until the command ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app import bootstrap

if TYPE_CHECKING:
    from app.directory.directory import LdapDirectory
    from app.settings import RealmSettings


def open_directory(realm: str, section: RealmSettings) -> LdapDirectory:
    """Open the directory of a realm; it is closed when the command ends.

    Raises:
        ConfigurationError: A certificate cannot be read.
    """
    directory = bootstrap.directory(realm, section)
    click.get_current_context().call_on_close(directory.close)
    return directory
