"""`wharfinger audit search`: the lines of a person, a repository, a rule, a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import click

from app.audit.line import AuditLine, read
from app.audit.search import Search
from app.cli.audit import log
from app.cli.exits import finish
from app.cli.options import Moment, format_option
from app.cli.output import counted, joined, show, show_csv, wrapped
from app.errors import UnfitError
from app.protocol.scope import ACTIONS
from app.rules.networks import Network
from app.rules.patterns.repository import RepositoryPattern
from app.telemetry import json_text

_COLUMNS = (
    "time",
    "realm",
    "outcome",
    "subject",
    "account",
    "address",
    "service",
    "asked",
    "granted",
    "rules",
    "request_id",
)


class _Repositories(click.ParamType[RepositoryPattern]):
    """A pattern over repositories."""

    name = "repositories"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> RepositoryPattern:
        """Read one."""
        if isinstance(value, RepositoryPattern):
            return value
        try:
            pattern = RepositoryPattern.parse(str(value))
        except UnfitError as error:
            self.fail(str(error), param, ctx)
        if pattern.variables:
            self.fail("nothing says what a variable stands for here", param, ctx)
        return pattern


class _Network(click.ParamType[Network]):
    """A network, or an address."""

    name = "network"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Network:
        """Read one."""
        if isinstance(value, Network):
            return value
        try:
            return Network((ip_network(str(value)),))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _End(Moment):
    """A moment at which a search ends; a date is included."""

    end_of_day = True


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--subject", metavar="NAME", help="Who logged in, or whose login was refused.")
@click.option("--repository", type=_Repositories(), metavar="PATTERN", help="What was asked for, as web/**.")
@click.option("--catalog", is_flag=True, help="The list of repositories was asked for.")
@click.option("--action", type=click.Choice(ACTIONS), help="Which action was asked for.")
@click.option("--granted", is_flag=True, help="Only what was granted, and not only asked for.")
@click.option("--rule", metavar="ID", help="A rule that allowed or denied something.")
@click.option("--outcome", metavar="NAME", help="issued, or an error such as wrong_credentials.")
@click.option("--from", "network", type=_Network(), metavar="NETWORK", help="Where the request came from.")
@click.option("--service", metavar="NAME", help="What the token was for.")
@click.option("--realm", metavar="NAME", help="The realm of the request.")
@click.option("--request-id", metavar="ID", help="The one request of that id.")
@click.option("--since", type=Moment(), metavar="TIME", help="From that date or time on.")
@click.option("--until", type=_End(), metavar="TIME", help="Until the end of that date, or before that time.")
@format_option("csv", "json")
def search(*, files: tuple[Path, ...], form: str, **wanted: Any) -> None:
    """Find lines in FILES of the audit stream; all options that are given must fit.

    FILES may be compressed (gzip); - is standard input. --format json prints the lines as they are.

    Ends with 0 if there is such a line, with 1 if there is none.
    """
    if wanted["catalog"] and wanted["repository"] is not None:
        raise click.UsageError("Choose --repository or --catalog.")
    sought, print_line = Search(**wanted), _PRINTERS[form]
    if form == "csv":
        show_csv([_COLUMNS])
    found, unreadable = 0, 0
    for line in _lines(files):
        if line is None:
            unreadable += 1
        elif sought.matches(line):
            found += 1
            print_line(line)
    if unreadable:
        said = counted(unreadable, "line")
        click.echo(f"Note: {said} could not be read; wharfinger audit verify says which.", err=True)
    finish(well=bool(found))


def _lines(files: tuple[Path, ...]) -> Iterator[AuditLine | None]:
    """Read the lines of requests; yields None for one that cannot be read."""
    for file in files:
        for line in log.lines(file):
            try:
                found = read(line)
            except UnfitError:
                yield None
            else:
                if found is not None:
                    yield found


def _text(line: AuditLine) -> None:
    name = line.subject or line.account or "anonymous"
    time = line.fields["time"]
    said = [f"{time}  {name}  {line.outcome}  from {line.address or 'an unknown address'}"]
    for label, texts in (("asked", line.asked), ("granted", line.granted), ("rules", line.rules)):
        if texts or label != "rules":
            said += wrapped(f"  {label:<8} {joined(map(str, texts))}", hanging=9)
    show(*said, f"  {'request':<8} {line.request_id}")


def _csv(line: AuditLine) -> None:
    fields = {**line.fields, "account": line.account}
    cells = (fields[column] for column in _COLUMNS)
    show_csv([[" ".join(cell) if isinstance(cell, list) else str(cell) for cell in cells]])


def _json(line: AuditLine) -> None:
    click.echo(json_text.dumps(line.fields))


_PRINTERS: dict[str, Callable[[AuditLine], None]] = {"text": _text, "csv": _csv, "json": _json}
