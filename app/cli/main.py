"""The command `wharfinger`."""

from __future__ import annotations

import importlib

import click

from app import __version__

_COMMANDS = {
    "check-config": (
        "app.cli.check:check_config",
        "Check the configuration, and the rules, keys and certificates that it names.",
    ),
    "keys": ("app.cli.keys:keys", "Make and publish signing keys."),
    "serve": ("app.cli.serve:serve", "Run the server in the foreground, until a signal ends it."),
}
"""Where each command is, and its summary."""


class LazyGroup(click.Group):
    """A group that imports a command when it is called, so that `--help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands."""
        return sorted(_COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """Import a command; None where there is no such one."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """List the commands from their summaries here, for the same reason."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in sorted(_COMMANDS.items())])


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="wharfinger")
def main() -> None:
    """Issue registry tokens to people of an LDAP directory."""
