"""`wharfinger rules unused`: the rights that nobody used, and the rules without them."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from app.cli.audit import log as audit_log
from app.cli.exits import finish
from app.cli.options import format_option
from app.cli.output import add_row, counted, show, show_csv, show_json, table
from app.rules.file import load
from app.rules.file.load import Written
from app.rules.review.replay import Replay
from app.rules.review.unanswered import Unanswered
from app.rules.review.unused import Unused, UnusedEntry, UnusedSearch, propose

SCHEMA = 1
_DIFF = "diff"


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--replay",
    "logs",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="An audit log, which may be compressed (gzip).",
)
@click.option("--realm", help="The realm of the lines of --replay.")
@format_option("csv", "json", _DIFF)
def unused(*, path: Path, logs: tuple[Path, ...], realm: str | None, form: str) -> None:
    """Say which rules, groups and robots of PATH no request of an audit log needed.

    --format diff prints a change of the files that takes them out. It is checked by deciding all requests of
    the log again: everything that was granted is granted still. Deny rules are no rights, and stay.

    Ends with 0 if everything was used, with 1 if something was not.
    """
    now = datetime.now(UTC)
    written = load.written(path)
    written.tested(now)
    search = UnusedSearch(written, realm)
    audit_log.read(logs, "reading", search.line)
    search.result.check(realm)
    found = search.find(now)
    proposed = propose(written, found.entries)
    _check(written, proposed, logs, realm)
    if form == _DIFF:
        click.echo("".join(_diff(written, proposed)), nl=False)
    elif form == "json":
        show_json(_shape(path, found))
    elif form == "csv":
        show_csv(_rows(found))
    else:
        _print(found)
    if found.unusable and form in (_DIFF, "csv"):
        click.echo(f"Note: {_left_out(found)}", err=True)
    finish(well=not found.entries)


def _check(written: Written, proposed: Written, logs: tuple[Path, ...], realm: str | None) -> None:
    """Decide all requests with both.

    Raises:
        Unanswered: They decide one differently.
    """
    proposed.tested(datetime.now(UTC))
    replay = Replay(written.rules, proposed.rules, realm)
    audit_log.read(logs, "checking", replay.line)
    if replay.result.gained or replay.result.lost:
        raise Unanswered("without what seems unused, requests are decided otherwise: report this as a bug")


def _diff(written: Written, proposed: Written) -> Iterator[str]:
    for before, after in zip(written.texts, proposed.texts, strict=True):
        old, new = (list(io.StringIO(each.text, newline="\n")) for each in (before, after))
        for line in difflib.unified_diff(old, new, before.file, after.file):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _shape(path: Path, found: Unused) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "path": str(path),
        "first": found.first,
        "last": found.last,
        "replay": {"lines": found.lines, "decided": found.decided, "unusable": found.unusable},
        "unused": [
            {
                "kind": entry.kind,
                "name": entry.name,
                "rule": entry.rule,
                "position": str(entry.position),
                "kept_for": entry.kept_for,
            }
            for entry in found.entries
        ],
    }


def _rows(found: Unused) -> Iterator[list[str]]:
    yield ["kind", "name", "rule", "position", "kept_for"]
    for entry in found.entries:
        yield [entry.kind, entry.name, entry.rule, str(entry.position), entry.kept_for]


def _print(found: Unused) -> None:
    if found.entries:
        rows = table("unused", "where", "kept for")
        for entry in found.entries:
            add_row(rows, f"{entry.kind} {entry.name}".strip(), _where(entry), entry.kept_for)
        show(rows, "")
    asked, entries = counted(found.decided, "request"), counted(len(found.entries), "entry", "entries")
    show(f"{asked} from {found.first} to {found.last}: {entries} unused.")
    if found.unusable:
        show(_left_out(found))


def _where(entry: UnusedEntry) -> str:
    return f"{entry.rule} ({entry.position})" if entry.rule else str(entry.position)


def _left_out(found: Unused) -> str:
    said = counted(found.unusable, "line")
    return f"{said} could not be decided: not whole, or without the groups. Nobody knows what they needed."
