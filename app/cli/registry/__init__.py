"""`wharfinger registry`: what a registry must be configured with, and whether it is.

config.py      write a registry's configuration
check.py       ask a running registry, and print what to change
service.py     the options by which both name a service
"""

from __future__ import annotations

import click

from app.cli.lazy import LazyGroup, Places

_PLACES: Places = {
    "check": (
        "app.cli.registry.check:check",
        "Ask a running registry whether it believes this realm's tokens.",
    ),
    "config": (
        "app.cli.registry.config:config",
        "Write the configuration of a registry that believes this realm's tokens.",
    ),
}


@click.group(cls=LazyGroup, places=_PLACES)
def registry() -> None:
    """Configure registries, and check running ones."""
