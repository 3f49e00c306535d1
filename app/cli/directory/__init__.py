"""`wharfinger directory`: what the directory says, and what is wrong with it; one module for each command."""

from __future__ import annotations

import click

from app.cli.lazy import LazyGroup, Places

_PLACES: Places = {
    "check": ("app.cli.directory.check:check", "Try every server of a realm's directory, step by step."),
    "whois": ("app.cli.directory.whois:whois", "Show who somebody is, and through what in which groups."),
}


@click.group(cls=LazyGroup, places=_PLACES)
def directory() -> None:
    """Ask the directory, and say what is wrong with it."""
