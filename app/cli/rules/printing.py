"""How the commands about rules print: 80 columns where no terminal says otherwise, every value as text."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from app.errors import Problem
from app.telemetry import json_text

if TYPE_CHECKING:
    from rich.table import Table

_WIDTH = 80
ACTIONS = ("pull", "push", "delete", "*")
"""In the order in which people name them."""


def plain(text: str) -> str:
    """Write out what a terminal would take for a command: names come from directories and registries."""
    return "".join(sign if sign.isprintable() else f"\\u{{{ord(sign):x}}}" for sign in text)


def show(*parts: Table | str) -> None:
    """Print tables and lines to standard output."""
    from rich.console import Console  # noqa: PLC0415 - what prints nothing does without

    parts = tuple(plain(part) if isinstance(part, str) else part for part in parts)
    out = Console(highlight=False, markup=False, emoji=False)
    if out.is_terminal:
        for part in parts:
            out.print(part)
        return
    out = Console(highlight=False, markup=False, emoji=False, width=_WIDTH, no_color=True)
    with out.capture() as captured:
        for part in parts:
            out.print(part)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def show_json(answer: object) -> None:
    """Print an answer for machines."""
    click.echo(json_text.dumps(answer, indent=2))


def table(*headings: str) -> Table:
    """Make a table without lines, that breaks long texts rather than cuts them."""
    from rich.table import Table  # noqa: PLC0415 - what prints nothing does without

    made = Table(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=bool(headings), header_style="bold"
    )
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made


def add_row(to: Table, *cells: str, style: str = "") -> None:
    """Add a row of texts."""
    from rich.text import Text  # noqa: PLC0415 - what prints nothing does without

    to.add_row(*(Text(plain(cell), style=style, overflow="fold") for cell in cells))


def joined(texts: Iterable[str], nothing: str = "-") -> str:
    """Join texts with commas."""
    return ", ".join(texts) or nothing


def spreadsheet(row: Iterable[str]) -> str:
    """Give a row of CSV; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    line = io.StringIO()
    cells = (plain(cell) for cell in row)
    csv.writer(line, lineterminator="\n").writerow(
        f"'{c}" if c[:1] in {"=", "+", "-", "@"} else c for c in cells
    )
    return line.getvalue()


@contextmanager
def progress(doing: str, total: int) -> Iterator[Callable[[int], object]]:
    """Show on standard error how far something is, where that is a terminal; gives what moves it on."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - seldom needed
    from rich.progress import Progress  # noqa: PLC0415 - likewise

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda done: bar.update(task, advance=done)


def workflow_command(kind: str, title: str, problem: Problem) -> str:
    """Give a command that GitHub shows beside a line of a change; what has no place stands by itself.

    What would end the command, or begin another, is escaped as GitHub's toolkit does.
    """
    position = problem.position
    place = {"file": position.file, "line": position.line, "col": position.column, "title": title}
    properties = ",".join(
        f"{key}={_escaped(plain(str(value)), ':,')}" for key, value in place.items() if value
    )
    return f"::{kind} {properties}::{_escaped(plain(problem.message))}"


def _escaped(text: str, further: str = "") -> str:
    return "".join(f"%{ord(sign):02X}" if sign in f"%\r\n{further}" else sign for sign in text)
