"""`wharfinger denials list`: the refusals that people were told, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.cli.denials.kept import SCHEMA, open_denials, shape, time_of
from app.cli.options import config_option, format_option
from app.cli.output import add_row, joined, show, show_json, table
from app.dn import fold

if TYPE_CHECKING:
    from app.settings import Settings

_MOST = 100_000


@click.command("list")
@config_option
@click.option("--subject", metavar="NAME", help="Those of this person, or robot$NAME.")
@click.option(
    "--most", type=click.IntRange(1, _MOST), default=20, show_default=True, help="How many are shown."
)
@format_option("json")
def list_denials(settings: Settings, subject: str | None, most: int, form: str) -> None:
    """Show the refusals that people were told, the newest first.

    They are kept for 30 days, and 100,000 at most.
    """
    name = fold(subject) if subject is not None else None
    rows = open_denials(settings).find(subject=name, most=most)
    if form == "json":
        show_json({"schema": SCHEMA, "denials": [shape(row) for row in rows]})
        return
    if not rows:
        show("There is no such refusal.")
        return
    shown = table("id", "when", "who", "what", "where")
    for row in rows:
        add_row(shown, row.id, time_of(row), row.subject, joined(row.actions), row.repository)
    show(shown)
