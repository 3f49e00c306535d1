"""The ACL of docker_auth: it becomes a rules file that loads, or an error with positions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.configfile import yaml
from app.errors import ConfigurationError
from app.migrate.docker_auth import entry
from app.migrate.docker_auth.document import as_yaml, translate
from app.rules.file import load
from tests.support.parts import NOW


def prepare(folder: Path) -> Callable[[bytes], None]:
    """Make the check of one file."""
    source, made = folder / "auth_config.yml", folder / "rules.yaml"

    def check(octets: bytes) -> None:
        source.write_bytes(octets)
        try:
            outcomes = translate(entry.read(yaml.read(source)), ("groups",))
        except ConfigurationError:
            return
        if any(each.refusal for each in outcomes):
            return
        made.write_text(as_yaml(outcomes, "auth_config.yml"))
        load.load(made, NOW)

    return check
