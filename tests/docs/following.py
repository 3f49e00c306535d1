"""Somebody who does what a page says, in a folder that stands for the machine's root."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
from click.testing import CliRunner

from app.cli.main import main
from tests.support.commands import run

_NOT_RUN = re.compile(r"^<!-- not run: [^\n]* -->\n```.*?^```$", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_ABSOLUTE = re.compile(r"(?<![\w.:/-])(/(?:etc|srv)/)")


@dataclass(frozen=True, slots=True)
class Block:
    """One block of code of a page.

    Attributes:
        language: As it stands behind the fence.
    """

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a block, and what the page shows that it prints; empty where it shows nothing."""

    line: str
    shown: str


def blocks_of(page: Path) -> list[Block]:
    """Return the blocks of a page in their order, without those that are marked as not run."""
    text = _NOT_RUN.sub("", page.read_text(encoding="utf-8"))
    return [Block(*found) for found in _FENCE.findall(text)]


def commands_of(block: Block) -> Iterator[Command]:
    """Return the commands of a block."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        line, _, shown = part.partition("\n")
        yield Command(line, shown)


@dataclass(slots=True)
class Reader:
    """The reader.

    Attributes:
        root: What stands for the machine's root.
        variables: What was exported.
    """

    root: Path
    variables: dict[str, str] = field(default_factory=dict)

    def path(self, name: str) -> Path:
        """Return the file that stands for one of the page's."""
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def follow(self, block: Block) -> None:
        """Do what a block says; it must print what the page shows, where it shows anything."""
        for command in commands_of(block):
            self._do(command)

    def _do(self, command: Command) -> None:
        line = _ABSOLUTE.sub(rf"{self.root}\1", command.line)
        words = shlex.split(line)
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            self.variables[name] = value
        elif words[:3] == ["wharfinger", "registry", "check"]:
            self._parse(words[1:])
        elif words[0] == "wharfinger":
            done = CliRunner().invoke(main, words[1:], env=self.variables)
            printed = done.output.replace(str(self.root), "")
            assert done.exit_code == int("Error:" in command.shown), done.output
            if command.shown:
                assert printed == command.shown, printed
        else:
            assert words[0] in ("cat", "cp"), f"nobody follows {command.line!r}"
            run("sh", "-c", line, check=True)

    def _parse(self, words: list[str]) -> None:
        """Take a command that asks another machine for one that can be meant."""
        command: click.Command = main
        context = click.Context(main)
        while isinstance(command, click.Group):
            found = command.get_command(context, words.pop(0))
            assert found is not None
            command = found
        config = self.variables["WHARFINGER_CONFIG"]
        command.make_context("wharfinger", [*words, "--config", config])
