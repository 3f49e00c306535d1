"""The configuration of Distribution 2.x and 3.x, as a file and as variables of the environment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

import yaml

from app.registry.agreement import Agreement, RegistryKind
from app.registry.config.trust import BUNDLE, JWK_SET, Trust

PORT = 5000
STORAGE = "/var/lib/registry"
FOLDERS = {
    RegistryKind.DISTRIBUTION2: PurePosixPath("/etc/docker/registry"),
    RegistryKind.DISTRIBUTION3: PurePosixPath("/etc/distribution"),
}
"""Where the official images have their configuration."""


def configuration(agreement: Agreement, trust: Trust, folder: PurePosixPath) -> str:
    """Return a whole configuration file.

    Args:
        agreement: What the registry and the realm agree on.
        trust: The keys.
        folder: Where the registry finds the files of `trust`.
    """
    whole = {
        "version": 0.1,
        "log": {"level": "info"},
        "storage": {"filesystem": {"rootdirectory": STORAGE}, "delete": {"enabled": True}},
        "http": {"addr": f":{PORT}"},
        "auth": {"token": token_settings(agreement, trust, folder)},
    }
    return yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, width=1000)


def token_settings(agreement: Agreement, trust: Trust, folder: PurePosixPath) -> dict[str, object]:
    """Return the section `auth.token`."""
    settings: dict[str, object] = {
        "realm": agreement.realm,
        "service": agreement.service,
        "issuer": agreement.issuer,
    }
    if BUNDLE in trust.files:
        settings["rootcertbundle"] = str(folder / BUNDLE)
    if JWK_SET in trust.files:
        settings["jwks"] = str(folder / JWK_SET)
        # Without the list a registry would take HS256 too, with whatever it holds for a key.
        settings["signingalgorithms"] = [str(each) for each in trust.algorithms]
    return settings


def environment(settings: Mapping[str, object]) -> str:
    """Return the section `auth.token` as variables, one a line, as `docker run --env-file` reads them."""
    return "".join(f"{name}={value}\n" for name, value in _variables(settings))


def _variables(settings: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    yield "REGISTRY_AUTH", "token"
    for name, value in settings.items():
        yield f"REGISTRY_AUTH_TOKEN_{name.upper()}", _as_yaml(value)


def _as_yaml(value: object) -> str:
    """Write a value as the registry reads it: every variable is a piece of YAML."""
    if isinstance(value, str) and yaml.safe_load(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)
