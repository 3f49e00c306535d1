"""The lines to change, in the registry's configuration and in that of this server, as text to copy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.registry.agreement import RegistryKind
from app.registry.check.examination import Examination


@dataclass(frozen=True, slots=True)
class ConfigurationChanges:
    """What to change so that a registry believes a realm's tokens.

    Attributes:
        registry: Lines of the registry's configuration, in its own form; none where it is right.
        here: Lines of this server's configuration; none where it is right.
    """

    registry: tuple[str, ...]
    here: tuple[str, ...]


def changes(found: Examination) -> ConfigurationChanges:
    """Return the lines that the errors of an examination ask to change."""
    theirs = {name: value for each in found.errors for name, value in each.registry.items()}
    ours = {name: value for each in found.errors for name, value in each.here.items()}
    return ConfigurationChanges(
        tuple(_of_registry(found.kind, theirs)) if theirs else (),
        tuple(_of_service(found, ours)) if ours else (),
    )


def _of_registry(kind: RegistryKind | None, settings: Mapping[str, object]) -> Iterator[str]:
    if kind is RegistryKind.ZOT:
        whole = {"http": {"auth": {"bearer": dict(settings)}}}
        yield from json.dumps(whole, indent=2, ensure_ascii=False).splitlines()
    else:
        yield from _yaml({"auth": {"token": settings}})


def _of_service(found: Examination, settings: Mapping[str, object]) -> Iterator[str]:
    if found.agreement is not None:
        service = json.dumps(found.agreement.service, ensure_ascii=False)
        yield from _yaml({"realms": {found.realm: {"services": {service: settings}}}})


def _yaml(nested: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Write YAML; every text as JSON has it, which YAML reads alike."""
    for name, value in nested.items():
        if isinstance(value, Mapping):
            yield f"{indent}{name}:"
            yield from _yaml(value, f"{indent}  ")
        else:
            yield f"{indent}{name}: {json.dumps(value, ensure_ascii=False)}"
