"""Rules files and configuration files: each loads, or is refused with positions; nothing else is raised."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from app import settings
from app.errors import ConfigurationError
from app.rules.file import load
from tests.support.parts import NOW


def prepare(folder: Path) -> Callable[[bytes], None]:
    """Make the check of one file, which is read as both."""
    rules, config = folder / "rules.yaml", folder / "wharfinger.yaml"

    def check(octets: bytes) -> None:
        for path, read in ((rules, lambda: load.load(rules, NOW)), (config, lambda: settings.load(config))):
            path.write_bytes(octets)
            with contextlib.suppress(ConfigurationError):
                read()

    return check
