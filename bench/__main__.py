"""`python -m bench`, and `python -m bench rules`."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import click

from bench import measure, report, rules, stage
from bench.load import LoadFailed
from bench.measure import Plan
from bench.report import Setting
from tests.support.processes import ProgramFailed
from tests.support.tools import search_path

_NEEDED = ("slapd", "openssl", "wrk")


@click.command()
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
def main(*, rounds: int, seconds: int, connections: int, nested: bool, tls: bool, machine: bool) -> None:
    """Measure logins, remembered and fresh, beside the least that a token could cost."""
    os.environ["PATH"] = search_path()
    missing = [program for program in _NEEDED if shutil.which(program) is None]
    if missing:
        raise click.ClickException(f"not installed: {', '.join(missing)}")
    plan = Plan(rounds, seconds, (1, connections))
    setting = Setting(nested, tls, os.getloadavg()[0])
    try:
        with (
            tempfile.TemporaryDirectory(prefix="wharfinger-bench-") as folder,
            stage.running(Path(folder), nested=nested, tls=tls) as running,
        ):
            measured = measure.run(running, plan, lambda line: click.echo(line, err=True))
    except (LoadFailed, ProgramFailed) as error:
        raise click.ClickException(str(error)) from None
    results = measure.summarise(measured)
    click.echo(
        report.as_json(results, measured, plan, setting) if machine else report.text(results, plan, setting)
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["rules"]:
        del sys.argv[1]
        rules.main()
    main()
