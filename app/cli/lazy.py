"""Groups of commands: each command is imported when it is called, so that `--help` stays quick."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click

from app.cli.exits import no_answer
from app.errors import WharfingerError

Places = Mapping[str, tuple[str, str]]
"""By the name of a command: where it is (`package.module:function`), and its summary."""


class LazyGroup(click.Group):
    """A group that knows where its commands are, and imports the one that is called."""

    def __init__(self, *args: Any, places: Places, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = places

    def invoke(self, ctx: click.Context) -> Any:
        """Call the command, and end without an answer where it raises an error of this program."""
        try:
            return super().invoke(ctx)
        except WharfingerError as error:
            raise no_answer(error) from None

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands."""
        return sorted(self._places)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """Import a command and return it; None where there is no such one."""
        if cmd_name not in self._places:
            return None
        module, _, name = self._places[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """List the commands with their summaries from here, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in sorted(self._places.items())])
