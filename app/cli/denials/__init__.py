"""`wharfinger denials`: the refusals that people were told; one module for each command."""

from __future__ import annotations

import click

from app.cli.lazy import LazyGroup, Places

_PLACES: Places = {
    "list": (
        "app.cli.denials.list:list_denials",
        "Show what people were told, the newest first.",
    ),
    "show": ("app.cli.denials.show:show_denial", "Show all that is known of a refusal, by its id."),
}


@click.group(cls=LazyGroup, places=_PLACES)
def denials() -> None:
    """Show the refusals that people were told: who asks about one names its id."""
