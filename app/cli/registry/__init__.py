"""`wharfinger registry`: what a registry must be configured with, and whether it is.

service.py     the service that a command is about
config.py      write a registry's configuration
"""

from __future__ import annotations

import click

from app.cli.lazy import LazyGroup, Places

_PLACES: Places = {
    "config": (
        "app.cli.registry.config:config",
        "Write the configuration of a registry that believes this realm's tokens.",
    ),
}


@click.group(cls=LazyGroup, places=_PLACES)
def registry() -> None:
    """Configure registries, and check running ones."""
