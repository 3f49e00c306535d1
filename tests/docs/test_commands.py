"""docs/reference/commands.md and the command line."""

from __future__ import annotations

from collections.abc import Iterator

import click

from app.cli.main import main
from tests.docs.reading import anchors, code, reference, tables


def _commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def test_every_option_stands_in_the_reference() -> None:
    """Every command is described with all of its options, and no other."""
    described = {
        code(table.heading): {option.partition(" ")[0] for option in table.codes("option")}
        for table in tables(reference("commands"), "option", "meaning")
    }
    declared = {
        path: {option for each in command.params if isinstance(each, click.Option) for option in each.opts}
        for path, command in _commands(main, "wharfinger")
    }
    assert described == declared


def test_every_command_has_a_heading() -> None:
    """The address of a command in the reference is its name."""
    pages = anchors(reference("commands"))
    assert all(path.replace(" ", "-") in pages for path, _ in _commands(main, "wharfinger"))
