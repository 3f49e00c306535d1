"""Measure the table of docs/explanation/reliability.md, and print it."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import click

from tests.faults.stage import STAGES
from tests.faults.table import FAULTS
from tests.faults.trial import Verdict, trial


def main() -> None:
    """Try every fault on every stage; end with 1 where anything failed that should not."""
    cells: dict[tuple[str, str], str] = {}
    bad = False
    for name, start in STAGES.items():
        with tempfile.TemporaryDirectory() as folder, start(Path(folder)) as stage:
            for fault in FAULTS:
                if fault.only in ("", name):
                    begun = time.monotonic()
                    verdict = trial(stage, fault)
                    bad = bad or bool(verdict.failed)
                    cells[fault.name, name] = _cell(verdict)
                    took = time.monotonic() - begun
                    click.echo(f"{name}: {fault.name}: {_cell(verdict)} {verdict} ({took:.0f} s)", err=True)
    click.echo(f"| fault | cannot work meanwhile | {' | '.join(STAGES)} |")
    click.echo("|---|---|" + "---|" * len(STAGES))
    for fault in FAULTS:
        found = [cells.get((fault.name, name), "-") for name in STAGES]
        click.echo(f"| {fault.name} | {fault.need.value} | {' | '.join(found)} |")
    sys.exit(bad)


def _cell(verdict: Verdict) -> str:
    """Return requests, how many failed that needed what was gone, and how many others."""
    return f"{verdict.requests} / {verdict.excused} / {len(verdict.failed)}"


main()
