"""`wharfinger audit`: read the audit stream; one module for each command."""

from __future__ import annotations

import click

from app.cli.lazy import LazyGroup, Places

_PLACES: Places = {
    "search": ("app.cli.audit.search:search", "Find the lines of a person, a repository, a rule, a time."),
    "verify": ("app.cli.audit.verify:verify", "Check that no line is torn, and no request is there twice."),
}


@click.group(cls=LazyGroup, places=_PLACES)
def audit() -> None:
    """Search the audit stream, and check that it is whole."""
