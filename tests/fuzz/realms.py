"""The export of a realm of Keycloak: it becomes files that load and hold no secret, or an error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.configfile import yaml
from app.errors import ConfigurationError
from app.migrate.keycloak.document import Imported, translate
from app.rules.file import load
from tests.support.parts import NOW

SECRET = "s3cret-0f-the-export"
"""Stands in the seeds wherever an export has one."""


def prepare(folder: Path) -> Callable[[bytes], None]:
    """Make the check of one file."""
    source, made = folder / "realm.json", folder / "rules.yaml"

    def check(octets: bytes) -> None:
        source.write_bytes(octets)
        imported = _translated(source)
        if isinstance(imported, ConfigurationError):
            assert SECRET not in str(imported)
            return
        made.write_text(imported.rules)
        load.load(made, NOW)
        assert yaml.parse(imported.configuration, "wharfinger.yaml").data
        assert SECRET not in imported.configuration + imported.rules + "".join(map(str, imported.remarks))

    return check


def _translated(source: Path) -> Imported | ConfigurationError:
    try:
        return translate(yaml.read(source), name=None, url="https://auth.example.com", prefix="registry-")
    except ConfigurationError as error:
        return error
