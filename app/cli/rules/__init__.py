"""`wharfinger rules`: the tools of those who own a rules file; one module for each command."""

from __future__ import annotations

import click

from app.cli.lazy import LazyGroup, Places

_PLACES: Places = {
    "schema": ("app.cli.rules.schema:schema", "Print the JSON Schema of a rules file, for editors."),
}


@click.group(cls=LazyGroup, places=_PLACES)
def rules() -> None:
    """Check, explain, compare and describe rules files."""
