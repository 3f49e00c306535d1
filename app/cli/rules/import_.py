"""`wharfinger rules import`: rules out of what other token servers have."""

from __future__ import annotations

from pathlib import Path

import click

from app import files
from app.cli.exits import NoAnswer
from app.configfile import yaml
from app.migrate.docker_auth import document, entry
from app.migrate.keycloak.document import translate
from app.migrate.keycloak.mappers import GROUP_PREFIX
from app.rules.file import load
from app.rules.file.paths import FileText

_MODE = 0o644
_CONFIGURATION, _RULES = "wharfinger.yaml", "rules.yaml"
_NOTE = (
    "Note: names of people and groups are compared without regard to case here; "
    "`users` are people of the directory, not robots."
)


@click.group("import")
def import_() -> None:
    """Make rules of what other token servers have."""


@import_.command("docker-auth")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write the rules into this file, which must not exist, rather than to standard output.",
)
@click.option(
    "--groups-label",
    "labels",
    multiple=True,
    default=("groups", "group"),
    show_default=True,
    help="The label that holds a person's groups; may be given several times.",
)
def docker_auth(file: Path, out: Path | None, labels: tuple[str, ...]) -> None:
    """Turn the ACL of cesanta/docker_auth into rules.

    FILE is its configuration. What became of each entry goes to standard error. Where one cannot keep its
    meaning, nothing is written.
    """
    source = yaml.read(file)
    outcomes = document.translate(entry.read(source), labels)
    for each in outcomes:
        click.echo(ascii(str(each))[1:-1], err=True)
    refused = sum(bool(each.refusal) for each in outcomes)
    if refused:
        text = f"{refused} of {len(outcomes)} entries cannot keep their meaning; nothing was written"
        raise NoAnswer(text)
    text = document.as_yaml(outcomes, file.name)
    _check(text)
    for other in entry.other_sources(source):
        click.echo(f"Note: {other}", err=True)
    click.echo(_NOTE, err=True)
    if out is None:
        click.echo(text, nl=False)
    else:
        _write(out, text)


@import_.command("keycloak")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path),
    help="Write wharfinger.yaml and rules.yaml into this folder, which must not have them, rather than to "
    "standard output.",
)
@click.option("--realm", "name", help="Which realm, where the export has several.")
@click.option("--url", help="Where Keycloak is reached, with its /auth if it has one: issuers begin so.")
@click.option(
    "--group-prefix",
    "prefix",
    default=GROUP_PREFIX,
    show_default=True,
    help="What the names of the groups of namespaces begin with, for keycloak-docker-group-role-mapper.",
)
def keycloak(file: Path, folder: Path | None, name: str | None, url: str | None, prefix: str) -> None:
    """Turn the export of a realm of Keycloak into a configuration and rules.

    FILE is the export, in JSON. What is not taken over, or is to be done by hand, goes to standard error.
    No secret of the export is printed or written.
    """
    made = translate(yaml.read(file), name=name, url=url, prefix=prefix)
    _check(made.rules)
    for remark in made.remarks:
        click.echo(ascii(str(remark))[1:-1], err=True)
    click.echo(_NOTE, err=True)
    if folder is None:
        click.echo(f"{made.configuration}---\n{made.rules}", nl=False)
        return
    written = {folder / _CONFIGURATION: made.configuration, folder / _RULES: made.rules}
    for path in written:
        if path.exists():
            raise NoAnswer(f"{path}: exists; give another --out, or take it away")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NoAnswer(f"{folder}: cannot be made: {error.strerror}") from None
    for path, text in written.items():
        _write(path, text)


def _check(text: str) -> None:
    """Read the rules as the server does.

    Raises:
        ConfigurationError: It would not take them.
    """
    load.compiled([FileText("rules", text)])


def _write(path: Path, text: str) -> None:
    try:
        files.create(path, text.encode(), mode=_MODE)
    except FileExistsError:
        raise NoAnswer(f"{path}: exists; give another --out, or take it away") from None
    except OSError as error:
        raise NoAnswer(f"{path}: cannot be written: {error.strerror}") from None
    click.echo(f"Wrote {path}")
