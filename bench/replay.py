"""`python -m bench replay`: what it costs to decide an audit log again with other rules."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import click

from app.protocol.request import Client
from app.protocol.scope import ResourceType, Scope
from app.telemetry.audit import line
from app.telemetry.record import TokenRecord
from bench.rules import rule, write

_RULES = 1_000
_PEOPLE, _REPOSITORIES, _ADDRESSES = 5_000, 20, 20_000
"""Who asks, for how many repositories each, and from how many addresses all of them."""
_SPAN = timedelta(days=30)
_START = datetime(2026, 6, 1, tzinfo=UTC)
_AGENT = "docker/28.3.0 go/go1.24.4 git-commit/e77ff99 kernel/6.1.0 os/linux arch/amd64"
_NETWORK = int(IPv4Address("10.20.0.0"))


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the command cost: seconds of processor and of the clock, and memory at most; and what it told."""

    cpu: float
    wall: float
    mebibytes: float
    decided: int
    rights: int


def records(lines: int, seed: int = 1) -> Iterator[TokenRecord]:
    """Return requests of many people in 5 to 20 groups; the same seed gives the same."""
    dice = random.Random(seed)  # noqa: S311 - the same requests each time, no secret
    people = [sorted(dice.sample(range(_RULES), dice.randint(5, 20))) for _ in range(_PEOPLE)]
    for number in range(lines):
        person = dice.randrange(_PEOPLE)
        teams = people[person]
        place = dice.randrange(_REPOSITORIES)
        team = teams[place % len(teams)]
        names = tuple(f"team-{each}" for each in teams)
        name = f"area{team % 10}/team{team}/app{place}"
        yield TokenRecord(
            time=_START + _SPAN * (number / lines),
            request_id=f"request-{number}",
            realm="corp",
            outcome="issued",
            client=Client(IPv4Address(_NETWORK + dice.randrange(_ADDRESSES)), "docker", _AGENT),
            service="registry.example.com",
            subject=f"person-{person}",
            subject_id=f"id-{person}",
            groups=names,
            group_dns=tuple(f"cn={name},ou=groups,dc=example,dc=com" for name in names),
            asked=(Scope(ResourceType.REPOSITORY, name, frozenset({"pull", "push"})),),
            rules_version="0123456789abcdef",
        )


def changed(number: int) -> str:
    """Write the same rule, but that every fiftieth gives another right."""
    text = rule(number)
    return text.replace("allow: [push]", "allow: [pull]") if number % 50 == 0 else text


def measure(folder: Path, lines: int) -> Replayed:
    """Write a log and two files of rules, and replay it in a process of its own."""
    old, new = write(folder / "old.yaml", _RULES), write(folder / "new.yaml", _RULES, changed)
    log = folder / "audit.jsonl"
    with log.open("wb") as file:
        file.writelines(map(line, records(lines)))
    argv = [sys.executable, "-m", "app", "rules", "diff", str(old), str(new)]
    answer = folder / "answer.json"
    with answer.open("wb") as out:
        start = time.perf_counter()
        process = subprocess.Popen([*argv, "--replay", str(log), "--format", "json"], stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 1:  # something changes
        raise click.ClickException(f"rules diff ended with {process.returncode}")
    told = json.loads(answer.read_bytes())
    rights = len(told["gained"]) + len(told["lost"])
    return Replayed(
        used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, told["replay"]["decided"], rights
    )


@click.command()
@click.option("--lines", default=1_000_000, type=click.IntRange(1), show_default=True, help="Of the log.")
def main(*, lines: int) -> None:
    """Measure `rules diff --replay`, by the number of lines."""
    with tempfile.TemporaryDirectory(prefix="wharfinger-bench-") as folder:
        found = measure(Path(folder), lines)
    click.echo("    lines   seconds of CPU   seconds   µs a line   MiB   rights that change")
    per_line = found.cpu / found.decided * 1_000_000
    click.echo(
        f"{found.decided:>9,}   {found.cpu:>14.1f}   {found.wall:>7.1f}   {per_line:>9.1f}"
        f"   {found.mebibytes:>3.0f}   {found.rights:>18,}"
    )
