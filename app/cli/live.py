"""The directory as the commands ask it: without a server, and with what is wrong on standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import click

from app.cli.rules.printing import plain
from app.directory.directory import LdapDirectory
from app.directory.settings import DirectorySettings
from app.errors import WharfingerError


@contextmanager
def live_directory(settings: DirectorySettings) -> Iterator[LdapDirectory]:
    """Yield the directory, which is closed at the end of the `with`.

    Raises:
        click.ClickException: It cannot be asked; says what an operator must know, as the log would.
    """
    try:
        with closing(LdapDirectory(settings)) as directory:
            yield directory
    except WharfingerError as error:
        raise click.ClickException(plain(error.detail or error.message)) from None
    except OSError as error:
        text = f"a certificate of directory.tls cannot be read: {error}"
        raise click.ClickException(plain(text)) from None
