"""`wharfinger robots`: the robots of the rules file; one module for each command."""

from __future__ import annotations

import click

from app.cli.lazy import LazyGroup, Places

_PLACES: Places = {
    "list": ("app.cli.robots.list:list_robots", "Show the robots of the rules, and what is known of each."),
    "new": ("app.cli.robots.new:new", "Make a secret for a robot, and print the lines for the rules file."),
}


@click.group(cls=LazyGroup, places=_PLACES)
def robots() -> None:
    """Make the secrets of robots, and show what is known of them."""
