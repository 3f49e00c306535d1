"""All files of one format together: what an administrator is given for a registry."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.errors import UnfitError
from app.keys.keyring import KeyRing
from app.keys.signing_key import SigningKey
from app.registry.agreement import Agreement, RegistryKind
from app.registry.config import compose, distribution, kubernetes, readme, zot
from app.registry.config.trust import Trust, trust


class Format(enum.StrEnum):
    """The forms in which a registry's configuration is given."""

    YAML = "yaml"  # a whole configuration file
    ENV = "env"  # variables over the image's own configuration file
    COMPOSE = "compose"  # a configuration file and a compose file around it
    KUBERNETES = "kubernetes"  # manifests with everything in them


README = "README.md"
VARIABLES = "registry.env"


@dataclass(frozen=True, slots=True)
class Output:
    """What an administrator is given.

    Attributes:
        files: By name; none of them is secret.
        main: The name of the one to look at first.
        replaceable: Names of those that hold keys, and nothing that people change.
        notes: What must be known of them.
    """

    files: Mapping[str, bytes]
    main: str
    replaceable: frozenset[str]
    notes: tuple[str, ...]


def output(
    kind: RegistryKind,
    form: Format,
    agreement: Agreement,
    ring: KeyRing,
    folder: PurePosixPath | None,
    *,
    key: SigningKey | None = None,
) -> Output:
    """Return the files of a format.

    Args:
        kind: What kind of registry it is for.
        form: Which format.
        agreement: What the registry and the realm agree on.
        ring: The realm's keys.
        folder: Where the registry finds its files; where its image has them if None.
        key: The key for a registry that takes one alone; None is the active one.

    Raises:
        UnfitError: This kind of registry cannot be configured so.
    """
    trusted = trust(kind, agreement, ring, key)
    place = folder or default_folder(kind)
    main, made = _made(kind, form, agreement, trusted, place)
    files = {name: text.encode() for name, text in made.items()}
    apart = {} if form is Format.KUBERNETES else trusted.files
    guide = readme.guide(kind, form, agreement=agreement, trust=trusted, folder=place, names=(*made, *apart))
    whole = {**files, **apart, README: guide.encode()}
    return Output(whole, main, frozenset(apart), trusted.notes)


def default_folder(kind: RegistryKind) -> PurePosixPath:
    """Return the folder in which an image has its configuration."""
    return zot.FOLDER if kind is RegistryKind.ZOT else distribution.FOLDERS[kind]


def _made(
    kind: RegistryKind, form: Format, agreement: Agreement, trusted: Trust, place: PurePosixPath
) -> tuple[str, dict[str, str]]:
    """Return the name of the first file, and all files but those with keys and the README."""
    if form is Format.ENV:
        if kind is RegistryKind.ZOT:
            raise UnfitError("zot takes no token settings from the environment", "use --format yaml")
        settings = distribution.token_settings(agreement, trusted, place)
        others = "".join(f"{name}={value}\n" for name, value in compose.ENVIRONMENT.get(kind, {}).items())
        return VARIABLES, {VARIABLES: distribution.environment(settings) + others}
    name, text = _configuration(kind, agreement, trusted, place)
    match form:
        case Format.COMPOSE:
            made = compose.compose_file(kind, place, (name, *trusted.files))
            return compose.FILE, {compose.FILE: made, name: text}
        case Format.KUBERNETES:
            made = kubernetes.manifests(kind, place, {name: text}, trusted)
            return kubernetes.FILE, {kubernetes.FILE: made}
        case _:
            return name, {name: text}


def _configuration(
    kind: RegistryKind, agreement: Agreement, trusted: Trust, place: PurePosixPath
) -> tuple[str, str]:
    if kind is RegistryKind.ZOT:
        return "config.json", zot.configuration(agreement, place)
    return "config.yml", distribution.configuration(agreement, trusted, place)
