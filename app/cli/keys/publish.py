"""`wharfinger keys publish`: write the files that a registry is configured with."""

from __future__ import annotations

from pathlib import Path

import click

from app import files
from app.cli.exits import NoAnswer
from app.cli.keys.realm import named_realm
from app.cli.options import config_option, realm_option
from app.keys.algorithm import BUNDLED
from app.settings import Settings

_PUBLISHED_MODE = 0o644


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@config_option
@realm_option
def publish(settings: Settings, folder: Path, realm: str | None) -> None:
    """Write a realm's published keys to DIR/certs.pem and DIR/jwks.json, for a registry to read."""
    found = named_realm(settings, realm)
    if folder.resolve() == found.keys.folder.resolve():
        raise NoAnswer(f"{folder}: holds the private keys; publish to another folder")
    ring = found.load()
    for name, data in (("certs.pem", ring.pem_bundle), ("jwks.json", ring.jwk_set)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files.replace(folder / name, data, mode=_PUBLISHED_MODE)
        except OSError as error:
            raise NoAnswer(f"{folder / name}: cannot be written: {error.strerror}") from None
        click.echo(f"Wrote {folder / name}")
    left_out = [key for key in ring.published if key.algorithm not in BUNDLED]
    if left_out:
        algorithms = "/".join(sorted({key.algorithm for key in left_out}))
        names = ", ".join(key.name for key in left_out)
        text = f"certs.pem is without the {algorithms} keys, for Distribution 2.8 would not start with them"
        click.echo(f"Note: {text}: {names}", err=True)
