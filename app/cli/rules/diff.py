"""`wharfinger rules diff`: who gains and who loses what by other rules."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from app.cli.audit import log as audit_log
from app.cli.exits import finish
from app.cli.options import Moment, config_path_option, format_option
from app.cli.output import progress
from app.cli.rules.differences import Sides, compared, replayed, surveyed
from app.cli.rules.options import RealmOptions, open_directory_of, read_rules
from app.rules.review import lists
from app.rules.review.diff.changes import compare
from app.rules.review.replay import Replay, Replayed
from app.rules.review.survey import Survey, survey
from app.rules.review.unanswered import Unanswered

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option(
    "--replay",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path, allow_dash=True),
    help="Decide the requests of an audit log again; it may be compressed (gzip). - is standard input.",
)
@click.option("--subjects", type=_FILE, help="Compare for these subjects, on the --repositories.")
@click.option("--repositories", type=_FILE, help="Names, one a line; or what a registry's catalog answers.")
@click.option("--at", type=Moment(), metavar="TIME", help="From when on; from now on where not given.")
@config_path_option(required=False)
@click.option("--realm", help="The realm of the lines of --replay, or of --config.")
@format_option("json", "github")
def diff(
    *,
    old: Path,
    new: Path,
    logs: tuple[Path, ...],
    subjects: Path | None,
    repositories: Path | None,
    at: datetime | None,
    config: Path | None,
    realm: str | None,
    form: str,
) -> None:
    """Say who gains and who loses what, if the rules NEW take the place of OLD.

    What is compared are effects, not text: rules in another order, or written otherwise, are no change.

    Ends with 0 if nothing changes, with 1 if something does.
    """
    if (subjects is None) != (repositories is None):
        raise click.UsageError("--subjects and --repositories go together.")
    if logs and subjects is not None:
        raise click.UsageError("Choose --replay or --subjects.")
    sides = Sides(old, read_rules(old), new, read_rules(new), at or datetime.now(UTC))
    if logs:
        changed = replayed(_replay(sides, logs, realm), sides, form)
    elif subjects is not None and repositories is not None:
        changed = surveyed(_survey(sides, subjects, repositories, RealmOptions(config, realm)), sides, form)
    else:
        changed = compared(compare(sides.old, sides.new, sides.now), sides, form)
    finish(well=not changed)


def _replay(sides: Sides, logs: tuple[Path, ...], realm: str | None) -> Replayed:
    replay = Replay(sides.old, sides.new, realm)
    audit_log.read(logs, "replaying", replay.line)
    replay.result.check(realm)
    return replay.result


def _survey(sides: Sides, subjects: Path, repositories: Path, realm: RealmOptions) -> Survey:
    both = (sides.old, sides.new)
    scopes = lists.repositories(_text(repositories), str(repositories))
    lines = lists.subject_lines(_text(subjects), str(subjects))
    directory = open_directory_of(realm.find())
    known = (lists.subject(line, place, both, directory) for place, line in lines)
    with progress("comparing", len(lines)) as moved:
        return survey(both, known, scopes, sides.now, tick=lambda: moved(1))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unanswered(f"{path}: cannot be read: {error}") from None
