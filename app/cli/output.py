"""How commands print: wrapped lines, tables, JSON, CSV, workflow commands of GitHub, a progress bar.

Names come from clients, directories and files, so everything printed here is made plain first: no value moves
a cursor. Lines are as wide as the terminal, and 80 columns where the output is not one.
"""

from __future__ import annotations

import csv
import io
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from app.errors import Problem
from app.telemetry import json_text

if TYPE_CHECKING:
    from rich.table import Table

_WIDTH = 80
_FORMULA = frozenset("=+-@")
"""What a spreadsheet takes for the beginning of a formula."""


def plain(text: str) -> str:
    """Return a text in which what a terminal would obey is written out."""
    return "".join(sign if sign.isprintable() else f"\\u{{{ord(sign):x}}}" for sign in text)


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 rule`, `2 rules`."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def joined(texts: Iterable[str], nothing: str = "-") -> str:
    """Return texts joined with commas."""
    return ", ".join(texts) or nothing


def wrapped(line: str, hanging: int = 0) -> list[str]:
    """Return a line, broken where it is too long; a word such as an address or a position is never broken.

    Args:
        line: The blanks that it begins with are its indent.
        hanging: How much deeper the rest of a broken line is indented.
    """
    indent = " " * (len(line) - len(line.lstrip(" ")))
    broken = textwrap.wrap(
        plain(line[len(indent) :]),
        _width(),
        initial_indent=indent,
        subsequent_indent=indent + " " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return broken or [""]


def _width() -> int:
    return shutil.get_terminal_size((_WIDTH, 24)).columns if sys.stdout.isatty() else _WIDTH


def show(*parts: Table | str) -> None:
    """Print lines and tables to standard output."""
    for part in parts:
        if isinstance(part, str):
            click.echo("\n".join(wrapped(part)))
        else:
            _show_table(part)


def show_json(answer: object) -> None:
    """Print an answer for programs."""
    click.echo(json_text.dumps(answer, indent=2))


def show_csv(rows: Iterable[Iterable[str]]) -> None:
    """Print rows for spreadsheets; a cell that one would take for a formula begins with an apostrophe."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    for row in rows:
        cells = map(plain, row)
        writer.writerow(f"'{cell}" if cell[:1] in _FORMULA else cell for cell in cells)
    click.echo(lines.getvalue(), nl=False)


def table(*headings: str) -> Table:
    """Make a table without lines, that breaks long texts rather than cuts them."""
    from rich.table import Table  # noqa: PLC0415 - what prints no table does without

    made = Table(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=bool(headings), header_style="bold"
    )
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made


def add_row(to: Table, *cells: str, style: str = "") -> None:
    """Add a row of texts."""
    from rich.text import Text  # noqa: PLC0415 - what prints no table does without

    to.add_row(*(Text(plain(cell), style=style, overflow="fold") for cell in cells))


def _show_table(shown: Table) -> None:
    """Print a table; what is no terminal gets neither colours nor blanks at the ends of lines."""
    from rich.console import Console  # noqa: PLC0415 - what prints no table does without

    out = Console(highlight=False, markup=False, emoji=False)
    if out.is_terminal:
        out.print(shown)
        return
    out = Console(highlight=False, markup=False, emoji=False, width=_WIDTH, no_color=True)
    with out.capture() as captured:
        out.print(shown)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


@contextmanager
def progress(doing: str, total: int) -> Iterator[Callable[[int], object]]:
    """Show on standard error how far something is, where that is a terminal; yields what moves it on."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - seldom needed
    from rich.progress import Progress  # noqa: PLC0415 - likewise

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda done: bar.update(task, advance=done)


def workflow_command(kind: str, title: str, problem: Problem) -> str:
    """Return a command that GitHub shows beside a line of a change; without a place it stands by itself.

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
