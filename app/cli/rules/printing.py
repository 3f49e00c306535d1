"""How the commands about rules print: 80 columns where no terminal says otherwise, every value as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_WIDTH = 80
ACTIONS = ("pull", "push", "delete", "*")
"""In the order in which people name them."""


def plain(text: str) -> str:
    """Write out what a terminal would take for a command: names come from directories and registries."""
    return "".join(sign if sign.isprintable() else f"\\u{{{ord(sign):x}}}" for sign in text)


def show(*parts: RenderableType) -> None:
    """Print to standard output."""
    from rich.console import Console  # noqa: PLC0415 - what prints nothing does without

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

    to.add_row(*(Text(plain(cell), style=style) for cell in cells))


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
