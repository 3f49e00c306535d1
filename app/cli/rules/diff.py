"""`wharfinger rules diff`: who gains and who loses what by other rules."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app import settings
from app.cli.options import format_option
from app.cli.rules import audit_log, lists
from app.cli.rules.differences import Sides, compared, replayed, surveyed
from app.cli.rules.printing import progress
from app.cli.rules.sources import Source, Unanswered, read_context, read_rules, realm_of
from app.rules.review.diff.changes import compare
from app.rules.review.replay import Replay, Replayed
from app.rules.review.survey import Survey, survey

_FILE = click.Path(path_type=Path)
_EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
_LOG = click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True)


@click.command()
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option(
    "--replay",
    "logs",
    multiple=True,
    type=_LOG,
    help="Decide the requests of an audit log again; it may be compressed (gzip). - is standard input.",
)
@click.option("--subjects", type=_EXISTING, help="Compare for these subjects, on the --repositories.")
@click.option(
    "--repositories", type=_EXISTING, help="Names, one a line; or what a registry's catalog answers."
)
@click.option("--at", metavar="TIME", help="From when on; from now on where not given.")
@click.option(
    "--config",
    envvar=settings.PATH_VARIABLE,
    type=_FILE,
    show_envvar=True,
    help="The configuration file, for the directory in which --subjects are looked up.",
)
@click.option("--realm", help="The realm of the lines of --replay, or of --config.")
@format_option("json", "github")
def diff(
    *,
    old: Path,
    new: Path,
    logs: tuple[Path, ...],
    subjects: Path | None,
    repositories: Path | None,
    at: str | None,
    config: Path | None,
    realm: str | None,
    form: str,
) -> None:
    """Say who gains and who loses what, if the rules NEW take the place of OLD.

    What is compared are effects, not text: rules in another order, or written otherwise, are no change.

    Ends with 0 if nothing changes, with 1 if something does, with 2 if nothing could be compared.
    """
    if (subjects is None) != (repositories is None):
        raise click.UsageError("--subjects and --repositories go together.")
    if logs and subjects is not None:
        raise click.UsageError("Choose --replay or --subjects.")
    now = read_context(None, None, at).now
    sides = Sides(old, read_rules(old), new, read_rules(new), now)
    if logs:
        changed = replayed(_answered(_replay(sides, logs, realm), realm), sides, form)
    elif subjects is not None and repositories is not None:
        name, section = realm_of(config, realm) if config is not None else ("", None)
        source = Source(sides.new, new, section, name)
        changed = surveyed(_survey(sides, subjects, repositories, source), sides, form)
    else:
        changed = compared(compare(sides.old, sides.new, now), sides, form)
    sys.exit(1 if changed else 0)


def _replay(sides: Sides, logs: tuple[Path, ...], realm: str | None) -> Replayed:
    replay = Replay(sides.old, sides.new, realm)
    with progress("replaying", audit_log.size(logs)) as moved:
        for path in logs:
            for line in audit_log.lines(path, moved):
                replay.line(line)
    return replay.result


def _answered(found: Replayed, realm: str | None) -> Replayed:
    """Give what was found, if it says anything about the rules of one realm.

    Raises:
        Unanswered: It does not.
    """
    known = ", ".join(sorted(found.realms))
    if realm is None and len(found.realms) > 1:
        raise Unanswered(f"the lines are of several realms; choose one with --realm:\n{known}")
    if realm is not None and found.realms and realm not in found.realms:
        raise Unanswered(f"no line is of the realm {realm!r}; the realms of the lines:\n{known}")
    if not found.lines:
        raise Unanswered("there is no line that could be decided again: the log is empty")
    if not found.decided:
        parts = [f"none of {found.lines} lines could be decided again"]
        parts += [f"{found.unusable} not whole, or without the groups"] if found.unusable else []
        parts += [f"{found.passed} without a decision: refused, or nothing asked"] if found.passed else []
        raise Unanswered(";\n".join(parts))
    return found


def _survey(sides: Sides, subjects: Path, repositories: Path, source: Source) -> Survey:
    scopes = lists.scopes(repositories)
    lines = lists.lines(subjects)
    known = (lists.subject(line, place, sides, source) for place, line in lines)
    with progress("comparing", len(lines)) as moved:
        return survey((sides.old, sides.new), known, scopes, sides.now, tick=lambda: moved(1))
