"""What an examination found, for people and for machines: it ends with the lines to change."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from app.cli.registry.examination import Examined
from app.registry.check.findings import Finding, Severity
from app.registry.config.connection import RegistryKind

_WIDTH = 80


def as_json(found: Examined) -> dict[str, Any]:
    """Give it as a JSON object."""
    return {
        "registry": found.address,
        "kind": found.kind,
        "realm": found.realm,
        "service": found.connection.service if found.connection else None,
        "good": not any(each.severity is Severity.ERROR for each in found.findings),
        "findings": [
            {
                "topic": each.topic,
                "severity": each.severity,
                "text": each.text,
                "registry": dict(each.registry),
                "here": dict(each.here),
                "advice": each.advice,
            }
            for each in found.findings
        ],
    }


def as_text(found: Examined) -> Iterator[str]:
    """Give it line by line."""
    kind = found.kind.label if found.kind else "a registry of a kind that its answers do not tell"
    yield f"{found.address}: {kind}"
    for each in found.findings:
        yield ""
        yield from _wrapped(f"{each.severity}: {each.topic}: {each.text}")
        if each.advice:
            yield from _wrapped(each.advice, "  ")
    errors = [each for each in found.findings if each.severity is Severity.ERROR]
    yield ""
    if not errors:
        yield "The registry believes this realm's tokens."
        return
    yield from _changes(found, errors)


def _changes(found: Examined, errors: list[Finding]) -> Iterator[str]:
    theirs = {name: value for each in errors for name, value in each.registry.items()}
    ours = {name: value for each in errors for name, value in each.here.items()}
    if theirs:
        yield "Change in the registry's configuration, and restart it:"
        yield ""
        yield from _of_registry(found.kind, theirs)
    if ours and found.connection is not None:
        if theirs:
            yield ""
        yield "Change in the configuration of this server:"
        yield ""
        service = json.dumps(found.connection.service, ensure_ascii=False)
        nested = {"realms": {found.realm: {"services": {service: ours}}}}
        yield from _lines(nested, "  ")


def _of_registry(kind: RegistryKind | None, settings: Mapping[str, object]) -> Iterator[str]:
    if kind is RegistryKind.ZOT:
        text = json.dumps({"http": {"auth": {"bearer": dict(settings)}}}, indent=2, ensure_ascii=False)
        yield from (f"  {line}" for line in text.splitlines())
    else:
        yield from _lines({"auth": {"token": settings}}, "  ")


def _lines(nested: Mapping[str, Any], indent: str) -> Iterator[str]:
    """Write it as YAML; every text as JSON has it, which YAML reads alike."""
    for name, value in nested.items():
        if isinstance(value, Mapping):
            yield f"{indent}{name}:"
            yield from _lines(value, f"{indent}  ")
        else:
            yield f"{indent}{name}: {json.dumps(value, ensure_ascii=False)}"


def _wrapped(text: str, indent: str = "") -> Iterator[str]:
    for line in text.splitlines():
        # What stands for itself, such as an address, is not torn apart.
        yield from textwrap.wrap(
            line,
            _WIDTH,
            initial_indent=indent,
            subsequent_indent=indent + "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
