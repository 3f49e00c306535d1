"""`wharfinger audit verify`: whether the audit stream is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from app.audit.verify import Verification
from app.cli.audit import log
from app.cli.exits import finish
from app.cli.options import format_option
from app.cli.output import counted, show, show_json, wrapped
from app.errors import Position, Problem

SCHEMA = 1


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@format_option("json")
def verify(*, files: tuple[Path, ...], form: str) -> None:
    """Check FILES of the audit stream: no line is torn, and no request is there twice.

    FILES may be compressed (gzip); - is standard input. Several files are one stream.

    Ends with 0 if all is well, with 1 if not.
    """
    verification = Verification()
    problems = _problems(files, verification)
    if form == "json":
        found = [_shape(problem) for problem in problems]
        show_json({"schema": SCHEMA, "lines": verification.lines, "problems": found})
    else:
        for problem in problems:
            show(*wrapped(str(problem), hanging=4))
        good = "Not good" if verification.problems else "Good"
        show(f"{good}: {counted(verification.lines, 'line')}, {counted(verification.problems, 'problem')}")
    finish(well=not verification.problems)


def _problems(files: tuple[Path, ...], verification: Verification) -> Iterator[Problem]:
    for file in files:
        for number, line in enumerate(log.lines(file), start=1):
            problem = verification.check(line, Position(str(file), number, 1))
            if problem is not None:
                yield problem


def _shape(problem: Problem) -> dict[str, str | int]:
    return {"file": problem.position.file, "line": problem.position.line, "text": problem.message}
