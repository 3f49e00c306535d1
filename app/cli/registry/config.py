"""`wharfinger registry config`: the configuration of a registry that believes this realm's tokens."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import click

from app import files
from app.cli.exits import NoAnswer
from app.cli.options import config_option, find_realm, realm_option
from app.cli.registry.service import kind_option, url_option, wrong_service
from app.errors import UnfitError
from app.keys import keyring
from app.keys.keyring import KeyRing
from app.keys.signing_key import SigningKey
from app.registry.agreement import RegistryKind
from app.registry.config.output import Format, Output, output
from app.registry.service import UnknownServiceError, agreement_of
from app.settings import Settings

_MODE = 0o644


@click.command()
@click.argument("service")
@config_option
@realm_option
@kind_option(required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice([each.value for each in Format]),
    default=Format.YAML.value,
    show_default=True,
    help="A configuration file, variables for the environment, a compose file, or manifests.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write everything into this folder, keys and a README too. Otherwise the first file is printed.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=PurePosixPath),
    help="Where the registry finds its files; where the official image has its configuration if not given.",
)
@url_option
@click.option(
    "--key",
    "key_name",
    metavar="ID",
    help="For zot, which takes one key: its name or id, or `announced`; the active one if not given.",
)
@click.option("--force", is_flag=True, help="Write over files in --out that differ.")
def config(
    settings: Settings,
    *,
    service: str,
    realm: str | None,
    kind: str,
    form: str,
    out: Path | None,
    folder: PurePosixPath | None,
    url: str | None,
    key_name: str | None,
    force: bool,
) -> None:
    """Write the configuration of a registry that believes this realm's tokens.

    SERVICE is the registry's name among the realm's services.
    """
    name, section = find_realm(settings, realm)
    try:
        agreement = agreement_of(name, section, service, url, settings.server.url)
        ring = keyring.load(section.keys)
        made = output(
            RegistryKind(kind),
            Format(form),
            agreement,
            ring,
            folder,
            key=_key(RegistryKind(kind), ring, key_name),
        )
    except UnknownServiceError as error:
        raise wrong_service(error, "SERVICE") from None
    except UnfitError as error:
        raise NoAnswer(str(error)) from None
    if out is not None and out.resolve() == section.keys.resolve():
        raise NoAnswer(f"{out}: holds the private keys; write to another folder")
    if out is None:
        _print(made)
    else:
        _write(made, out, force=force)
    for note in made.notes:
        click.echo(f"Note: {note}", err=True)


def _key(kind: RegistryKind, ring: KeyRing, name: str | None) -> SigningKey | None:
    """Return the key that is meant by a name, an id, or `announced`.

    Raises:
        click.UsageError: None is, more than one is, or the registry takes several.
    """
    if name is None:
        return None
    if kind is not RegistryKind.ZOT:
        raise click.UsageError("--key is for zot: other registries are given all keys")
    found = [key for key in ring.published if name in (key.name, key.state, key.libtrust, key.rfc7638)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{key.name} ({key.state})" for key in ring.published)
    text = f"there is {'no' if not found else 'more than one'} key {name!r}; there is: {known}"
    raise click.BadParameter(text, param_hint="--key")


def _print(made: Output) -> None:
    """Print the first file, and name the others, which it needs."""
    click.echo(made.files[made.main].decode(), nl=False)
    if others := sorted(made.files.keys() - {made.main, "README.md"}):
        click.echo(f"It needs {', '.join(others)} too: --out DIR writes everything.", err=True)


def _write(made: Output, folder: Path, *, force: bool) -> None:
    """Write the files; those with keys are replaced, others may have been changed by people.

    Raises:
        NoAnswer: A file is there that differs, or one cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        changed = [name for name, data in made.files.items() if _differs(folder / name, data)]
        if (kept := sorted(set(changed) - made.replaceable)) and not force:
            text = f"{folder}: {', '.join(kept)} would be changed; --force writes over them"
            raise NoAnswer(text)
        for name, data in made.files.items():
            files.replace(folder / name, data, mode=_MODE)
            click.echo(f"Wrote {folder / name}")
    except OSError as error:
        raise NoAnswer(f"{folder}: cannot be written: {error.strerror}") from None


def _differs(path: Path, data: bytes) -> bool:
    return path.exists() and path.read_bytes() != data
