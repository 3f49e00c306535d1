"""`wharfinger rules check`: whether rules load, pass their tests, and have nothing wrong with them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from app.cli.rules.report import FORMATS, Remark, Report, Severity
from app.errors import ConfigurationError, UnfitError
from app.rules.file import load, owner_tests
from app.rules.file.load import Written
from app.rules.file.values import parse_time
from app.rules.review.lint.finding import Finding, Name
from app.rules.review.lint.lint import lint

Lint = Callable[[Written, datetime], tuple[Finding, ...]]


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Make every warning an error.")
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    metavar="NAME[=ID]",
    help="Leave a warning out: everywhere, or where it is about one rule, robot or test.",
)
@click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help="Look at the services, too.")
@click.option("--realm", help="The realm of --config; the default realm where not given.")
@click.option("--directory", "asks_directory", is_flag=True, help="Ask the directory of --config for groups.")
@click.option("--at", metavar="TIME", help="Check as if it were that date or time.")
@click.option(
    "--format",
    "format_",
    type=click.Choice([*FORMATS]),
    default="text",
    show_default=True,
    help="How to print.",
)
def check(
    *,
    path: Path,
    ignored: tuple[str, ...],
    config: Path | None,
    realm: str | None,
    at: str | None,
    format_: str,
    strict: bool,
    asks_directory: bool,
) -> None:
    """Check the rules of PATH, a file or a folder: they load, pass their tests, and have no warnings.

    Ends with 0 if all is well (warnings are, without --strict), with 1 if not.
    """
    look = _lint(config, realm, asks_directory=asks_directory)
    report = _report(path, _moment(at), look, _ignored(ignored), strict=strict)
    for line in FORMATS[format_](report):
        click.echo(line)
    sys.exit(0 if report.is_good else 1)


def _report(
    path: Path, now: datetime, look: Lint, ignored: frozenset[tuple[str, str]], *, strict: bool
) -> Report:
    try:
        written = load.written(path)
    except ConfigurationError as error:
        return Report(
            path, None, tuple(Remark(Severity.ERROR, "rules", "", one) for one in error.problems), ()
        )
    remarks = tuple(
        Remark.of_finding(finding, strict=strict)
        for finding in look(written, now)
        if not {(finding.name, ""), (finding.name, finding.about)} & ignored
    )
    outcomes = tuple(one for test in written.tests for one in owner_tests.run(written.rules, test, now))
    return Report(path, written, remarks, outcomes)


def _lint(config: Path | None, realm: str | None, *, asks_directory: bool) -> Lint:
    """Give what looks at rules; with a configuration it knows more."""
    if config is None:
        if asks_directory or realm is not None:
            raise click.UsageError("--directory and --realm need --config FILE.")
        return lint

    # the directory and the settings take long to import, and most checks do without
    from app import bootstrap  # noqa: PLC0415
    from app.cli.rules.sources import realm_of, unanswered  # noqa: PLC0415
    from app.errors import WharfingerError  # noqa: PLC0415

    name, section = realm_of(config, realm)

    def look(written: Written, now: datetime) -> tuple[Finding, ...]:
        try:
            if not asks_directory:
                return lint(written, now, services=section.services)
            with contextlib.closing(bootstrap.directory(name, section)) as directory:
                return lint(written, now, services=section.services, directory=directory)
        except WharfingerError as error:
            raise unanswered(error) from None

    return look


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        return parse_time(text, end_of_day=False)
    except UnfitError as error:
        raise click.BadParameter(str(error), param_hint="--at") from None


def _ignored(texts: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    """Read the warnings that are left out, each with what it is about; empty is everything."""
    found = set()
    for text in texts:
        name, _, about = text.partition("=")
        if name not in list(Name):
            known = ", ".join(Name)
            raise click.BadParameter(
                f"there is no warning {name!r}; there are {known}", param_hint="--ignore"
            )
        found.add((name, about))
    return frozenset(found)
