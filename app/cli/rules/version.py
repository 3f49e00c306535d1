"""`wharfinger rules version`: print the version of rules."""

from __future__ import annotations

from pathlib import Path

import click

from app.errors import ConfigurationError
from app.rules.file import paths


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
def version(path: Path) -> None:
    """Print the version of the rules of PATH, a file or a folder, as audit lines and the log name it."""
    texts, unread = paths.read(path)
    if unread:
        raise ConfigurationError(unread)
    click.echo(paths.version(texts))
