"""The command `wharfinger`."""

from __future__ import annotations

import click

from app import __version__
from app.cli.lazy import LazyGroup, Places

_PLACES: Places = {
    "audit": ("app.cli.audit:audit", "Search the audit stream, and check that it is whole."),
    "check-config": (
        "app.cli.check:check_config",
        "Check the configuration, and the rules, keys and certificates that it names.",
    ),
    "denials": ("app.cli.denials:denials", "Show the refusals that people were told."),
    "directory": ("app.cli.directory:directory", "Ask the directory, and say what is wrong with it."),
    "health": ("app.cli.health:health", "Ask the server of this machine whether it is alive."),
    "keys": ("app.cli.keys:keys", "Make, publish and change signing keys."),
    "registry": ("app.cli.registry:registry", "Configure registries, and check running ones."),
    "robots": ("app.cli.robots:robots", "Make the secrets of robots, and show what is known of them."),
    "rules": ("app.cli.rules:rules", "Check, explain, compare and describe rules files."),
    "serve": ("app.cli.serve:serve", "Run the server in the foreground, until a signal ends it."),
}


@click.group(
    cls=LazyGroup,
    places=_PLACES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="wharfinger")
def main() -> None:
    """Issue registry tokens to people of an LDAP directory."""
