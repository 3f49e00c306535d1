"""`wharfinger robots new`: make the secret of a robot, and the lines for the rules file."""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from app import files
from app.cli.exits import NoAnswer
from app.cli.options import groups_option
from app.errors import UnfitError
from app.login.robots import hashed, make_secret
from app.rules.file import values

_OWNER_ALONE = 0o600
_STANDARD_OUTPUT = Path("-")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


@click.command()
@click.argument("name")
@groups_option("The groups of the robot")
@click.option("--expires", metavar="DATE", help="The last day, or the time, at which it can log in.")
@click.option("--networks", metavar="A,B", multiple=True, help="The networks that it can log in from.")
@click.option(
    "--secret-file",
    metavar="PATH",
    type=click.Path(allow_dash=True, path_type=Path),
    help="Write the secret to a new file that its owner alone can read; - is standard output, for a pipe.",
)
def new(
    *,
    name: str,
    groups: list[str] | None,
    expires: str | None,
    networks: tuple[str, ...],
    secret_file: Path | None,
) -> None:
    """Make a secret for the robot NAME, and print the lines for the rules file.

    The lines go to standard output. The secret is shown once, on standard error if that is a terminal; else
    name a --secret-file. It is kept nowhere else: who loses it makes another.
    """
    listed = [one.strip() for text in networks for one in text.split(",")]
    entry = _entry(name, groups or [], expires, listed)
    if secret_file is None and not sys.stderr.isatty():
        raise click.UsageError(
            "No terminal shows the secret, and a log might keep it."
            " Write it to a file with --secret-file PATH, or into a pipe with --secret-file -."
        )
    secret = make_secret(secrets.token_urlsafe)
    lines = "\n".join([entry[0], f'    secrets: ["{hashed(secret)}"]', *entry[1:]])
    if secret_file is None:
        click.echo(f"The secret of robot${name}, shown this once:\n\n  {secret}\n", err=True)
    elif secret_file == _STANDARD_OUTPUT:
        click.echo(secret, nl=False)
    else:
        _write(secret_file, secret)
        click.echo(f"Wrote the secret of robot${name} to {secret_file}", err=True)
    click.echo("The lines for the rules file, below 'robots:':", err=True)
    click.echo(lines, err=secret_file == _STANDARD_OUTPUT)


def _entry(name: str, groups: list[str], expires: str | None, networks: list[str]) -> list[str]:
    """Return the lines of a rules file, but for the secret.

    Raises:
        BadParameter: The rules file would not take one of the values.
    """
    _try("NAME", values.identifier, [name])
    _try("--networks", values.network, networks)
    lines = [f"  - name: {_quoted(name)}"]
    if groups:
        lines.append(f"    groups: [{', '.join(map(_quoted, groups))}]")
    if expires is not None:
        _try("--expires", _future, [expires])
        lines.append(f"    expires: {expires}")
    if networks:
        lines.append(f"    networks: [{', '.join(map(_quoted, networks))}]")
    return lines


def _future(text: str) -> datetime:
    """Read a date at which the robot can still log in."""
    end = values.parse_time(text, end_of_day=True)
    if end <= datetime.now(UTC):
        raise UnfitError(f"{text} is over")
    return end


def _try(option: str, parse: Callable[[str], object], texts: Iterable[str]) -> None:
    for text in texts:
        try:
            parse(text)
        except UnfitError as error:
            raise click.BadParameter(str(error), param_hint=option) from None


def _quoted(text: str) -> str:
    """Write a text as YAML has it."""
    if _PLAIN.fullmatch(text) and text.lower() not in ("null", "true", "false"):
        return text
    return "'" + text.replace("'", "''") + "'"


def _write(path: Path, secret: str) -> None:
    """Write a new file, without an end of line: what reads it takes every character for the secret's."""
    try:
        files.create(path, secret.encode("ascii"), mode=_OWNER_ALONE)
    except OSError as error:
        raise NoAnswer(f"{path}: cannot be written: {error.strerror}") from None
