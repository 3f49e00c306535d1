"""`python -m bench`, and its parts `rules`, `replay` and `soak`."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import click

from bench import logins, measure, replay, report, rules, soak, stage
from bench.load import LoadFailed
from bench.measure import Plan
from bench.report import Setting
from tests.support.processes import ProgramFailed
from tests.support.tools import search_path

_NEEDED = ("slapd", "openssl", "wrk")


@click.group(invoke_without_command=True)
@click.option("--rounds", default=5, type=click.IntRange(1), show_default=True, help="Turns.")
@click.option("--seconds", default=2, type=click.IntRange(1), show_default=True, help="Length of a round.")
@click.option(
    "--connections",
    default=8,
    type=click.IntRange(2),
    show_default=True,
    help="Measured beside a single one.",
)
@click.option("--nested", is_flag=True, help="Look for nested groups too: one more search for each login.")
@click.option("--tls/--no-tls", default=True, show_default=True, help="Speak to the directory over TLS.")
@click.option("--json", "machine", is_flag=True, help="Print everything as JSON.")
@click.pass_context
def main(
    context: click.Context,
    *,
    rounds: int,
    seconds: int,
    connections: int,
    nested: bool,
    tls: bool,
    machine: bool,
) -> None:
    """Measure logins, remembered and fresh, beside the least that a token could cost."""
    os.environ["PATH"] = search_path()
    missing = [program for program in _NEEDED if shutil.which(program) is None]
    if missing:
        raise click.ClickException(f"not installed: {', '.join(missing)}")
    if context.invoked_subcommand is None:
        _measure(
            Plan(rounds, seconds, (1, connections)), Setting(nested, tls, os.getloadavg()[0]), machine=machine
        )


def _measure(plan: Plan, setting: Setting, *, machine: bool) -> None:
    try:
        with (
            tempfile.TemporaryDirectory(prefix="wharfinger-bench-") as folder,
            stage.running(Path(folder), nested=setting.nested, tls=setting.tls) as running,
        ):
            measured = measure.run(running, plan, lambda line: click.echo(line, err=True))
            figures = logins.run(running.config, running.people)
    except (LoadFailed, ProgramFailed) as error:
        raise click.ClickException(str(error)) from None
    results = measure.summarise(measured)
    if machine:
        click.echo(report.as_json(results, measured, figures, plan, setting))
    else:
        click.echo(report.text(results, figures, plan, setting))


@main.command(name="soak")
@click.option("--logins", default=100_000, type=click.IntRange(1), show_default=True)
@click.option(
    "--restarts", default=1_000, type=click.IntRange(0), show_default=True, help="Of the directory."
)
@click.option("--turns", default=20, type=click.IntRange(2), show_default=True, help="In so many parts.")
@click.option("--people", default=10_000, type=click.IntRange(1, 10_000), show_default=True, help="Who ask.")
def run_soak(logins: int, restarts: int, turns: int, people: int) -> None:
    """Log in and restart the directory again and again; fail where the server holds more and more."""
    if os.geteuid():
        raise click.ClickException("the server shows what it holds to root alone: run this as root")
    click.echo(soak.HEADING)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="wharfinger-soak-") as folder,
            soak.running(Path(folder), people) as running,
        ):
            samples = soak.run(
                running,
                logins=logins,
                restarts=restarts,
                turns=turns,
                tell=lambda sample: click.echo(soak.row(sample)),
            )
    except (LoadFailed, ProgramFailed) as error:
        raise click.ClickException(str(error)) from None
    grown = soak.growth(samples, people)
    if grown:
        raise click.ClickException(f"these have grown: {', '.join(grown)}")
    click.echo("Nothing has grown.")


if __name__ == "__main__":
    main.add_command(rules.main, "rules")
    main.add_command(replay.main, "replay")
    main()
