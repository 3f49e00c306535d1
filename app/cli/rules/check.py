"""`wharfinger rules check`: whether rules load, pass their tests, and have nothing wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from app.cli.exits import finish
from app.cli.options import Moment, config_path_option, find_realm, format_option, load, realm_option
from app.cli.rules.options import open_directory_of
from app.cli.rules.report import FORMATS
from app.rules.file.load import Written
from app.rules.review.check import check as check_rules
from app.rules.review.lint.finding import Finding, Name
from app.rules.review.lint.lint import lint


def _read_ignored(
    ctx: click.Context, param: click.Parameter, texts: Sequence[str]
) -> frozenset[tuple[str, str]]:
    """Read the warnings that are left out, each with what it is about; empty is everything."""
    found = set()
    for text in texts:
        name, _, about = text.partition("=")
        if name not in list(Name):
            said = f"there is no warning {name!r}; there are {', '.join(Name)}"
            raise click.BadParameter(said, ctx, param)
        found.add((name, about))
    return frozenset(found)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Make every warning an error.")
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    metavar="NAME[=ID]",
    callback=_read_ignored,
    help="Leave a warning out: everywhere, or where it is about one rule, robot or test.",
)
@config_path_option(required=False)
@realm_option
@click.option("--directory", "asks_directory", is_flag=True, help="Ask the directory of --config for groups.")
@click.option("--at", type=Moment(), metavar="TIME", help="Check as if it were that date or time.")
@format_option("json", "junit", "github")
def check(
    *,
    path: Path,
    ignored: frozenset[tuple[str, str]],
    config: Path | None,
    realm: str | None,
    at: datetime | None,
    form: str,
    strict: bool,
    asks_directory: bool,
) -> None:
    """Check the rules of PATH, a file or a folder: they load, pass their tests, and have no warnings.

    With --config, the services that rules name are looked at too, and whether requests have addresses. Ends
    with 0 if all is well (warnings are, without --strict), with 1 if not.
    """
    look = _lint(config, realm, asks_directory=asks_directory)
    report = check_rules(path, at or datetime.now(UTC), look, ignored=ignored, strict=strict)
    FORMATS[form](report)
    finish(well=report.is_good)


def _lint(
    config: Path | None, realm: str | None, *, asks_directory: bool
) -> Callable[[Written, datetime], tuple[Finding, ...]]:
    """Return what looks at rules; with a configuration it knows more."""
    if config is None:
        if asks_directory or realm is not None:
            raise click.UsageError("--directory and --realm need --config FILE.")
        return lint
    settings = load(config)
    name, section = find_realm(settings, realm)
    directory = open_directory_of((name, section)) if asks_directory else None
    knows = settings.server.knows_addresses
    return lambda written, now: lint(
        written, now, services=section.services, knows_addresses=knows, directory=directory
    )
