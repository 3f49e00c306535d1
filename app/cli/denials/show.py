"""`wharfinger denials show`: all that is known of one refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.cli.denials.kept import SCHEMA, open_denials, shape, time_of
from app.cli.exits import NoAnswer
from app.cli.options import config_option, format_option
from app.cli.output import add_row, joined, show, show_json, table

if TYPE_CHECKING:
    from app.settings import Settings


@click.command("show")
@config_option
@click.argument("denial", metavar="ID")
@format_option("json")
def show_denial(settings: Settings, denial: str, form: str) -> None:
    """Show what somebody was told when the refusal ID was made, and all that is known of why.

    Ends with 1 if there is no such refusal: it may be older than 30 days.
    """
    row = open_denials(settings).get(denial.strip().lower())
    if row is None:
        raise NoAnswer(f"There is no refusal {denial}: it may be older than 30 days, or was not kept.")
    if form == "json":
        show_json({"schema": SCHEMA, **shape(row)})
        return
    facts = table()
    for label, text in (
        ("id", row.id),
        ("when", time_of(row)),
        ("who", row.subject),
        ("asked", f"{joined(row.actions)} of {row.repository}"),
        ("from", row.address or "an unknown address"),
        ("service", f"{row.service} of realm {row.realm}"),
        ("told", row.message),
        *(("why", f"{one.action}: {one.rule} ({one.position}) {one.text}") for one in row.reasons),
        ("rules", f"version {row.rules_version}"),
        ("request", row.request_id),
    ):
        add_row(facts, label, text)
    show(facts)
