"""`python -m bench rules`: what a decision and the reading of a rules file cost, by the number of rules."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from app.protocol import scope
from app.protocol.scope import Scope
from app.rules.conditions import Context
from app.rules.decide import decide
from app.rules.file import load
from app.rules.model import RuleSet
from app.rules.persona import NamedGroup, Persona

SMALL, BIG = 100, 100_000
_GROUPS = 200
_FRESH = 25
_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_CONTEXT = Context("registry.example.com", "10.20.0.7", _NOW)
_ASKED, _ = scope.parse_all(["repository:area7/team40/app:pull,push", "repository:area3/team10/base:pull"])


def rule(number: int) -> str:
    """Write one rule, of a kind that its last digit says: names, patterns, DNs, people, denials."""
    kind = number % 10
    if kind < 5:
        text = f"groups: [team-{number}]\n    repositories: [area{kind}/team{number}/**]\n    allow: [push]"
    elif kind < 7:
        text = (
            f'groups: ["t{number}-{{team}}"]\n    repositories: ["{{team}}/x{number}/**"]\n    allow: [pull]'
        )
    elif kind == 7:
        text = (
            f'groups: ["cn=g{number},ou=groups,dc=example,dc=com"]\n'
            f'    repositories: ["*/release{number}/*"]\n    allow: [push, delete]'
        )
    elif kind == 8:
        text = f"users: [user{number}]\n    repositories: [legacy/{number}/**]\n    allow: [pull]"
    else:
        text = (
            f"groups: [out-{number}]\n    repositories: [area{kind}/team{number}/**]\n"
            "    deny: [push]\n    when: {networks: [10.20.0.0/16]}"
        )
    return f"  - id: rule-{number}\n    {text}\n"


def dense(number: int) -> str:
    """Write one of many rules for few groups: fifty for each group of the person."""
    return (
        f"  - id: rule-{number}\n    groups: [team-{number % 2000}]\n"
        f"    repositories: [area{number % 997}/team{number}/**]\n    allow: [pull, push]\n"
    )


def wild(number: int) -> str:
    """Write one of many rules for one group whose repositories begin with a wildcard."""
    return (
        f"  - id: rule-{number}\n    groups: [team-0]\n"
        f'    repositories: ["*/app{number}/**", "*-{number}/*"]\n    allow: [pull, push]\n'
    )


def write(path: Path, count: int, one: Callable[[int], str] = rule) -> Path:
    """Write a rules file."""
    path.write_text("version: 1\nrules:\n" + "".join(map(one, range(count))))
    return path


def person() -> Persona:
    """Return somebody in two hundred groups: the first hundred rules reach half of them, no others any."""
    names = [_group(number) for number in range(SMALL)]
    names += [f"unknown-{number}" for number in range(_GROUPS - len(names))]
    return Persona(
        "alice", tuple(NamedGroup.parse(f"cn={name},ou=groups,dc=example,dc=com") for name in names)
    )


def _group(number: int) -> str:
    kind = number % 10
    return {5: f"t{number}-web", 6: f"t{number}-web", 7: f"g{number}", 9: f"out-{number}"}.get(
        kind, f"team-{number}"
    )


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the reading of a file cost in a process of its own: processor time, and memory at most."""

    rules: int
    seconds: float
    mebibytes: float


def measure_load(path: Path) -> Loaded:
    """Read a file in a new process."""
    argv = [sys.executable, "-m", "bench.rules", str(path)]
    return Loaded(**json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout))


def _load(path: Path) -> Loaded:
    start = time.process_time()
    count = len(load.load(path, _NOW).rules)
    seconds = time.process_time() - start
    return Loaded(count, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measure_decide(
    rules: RuleSet, subject: Persona, rounds: int, *, fresh: bool = False, asked: Sequence[Scope] = _ASKED
) -> float:
    """Return the median of the microseconds of processor time that a decision takes."""
    times = []
    for _ in range(max(1, rounds // _FRESH) if fresh else rounds):
        if fresh:
            rules = RuleSet(rules.version, rules.rules)  # which has met no group yet
        start = time.process_time()
        decide(rules, subject, asked, _CONTEXT)
        times.append(time.process_time() - start)
    return statistics.median(times) * 1_000_000


def _table(folder: Path, rounds: int) -> Iterator[str]:
    files = {count: write(folder / f"{count}.yaml", count) for count in (SMALL, 10_000, BIG)}
    yield "reading               seconds   µs a rule   MiB of the process"
    for count, path in files.items():
        found = measure_load(path)
        per_rule = found.seconds / count * 1_000_000
        yield f"{count:>7,} rules        {found.seconds:>7.2f}   {per_rule:>9.0f}   {found.mebibytes:>18.0f}"
    small, big = (load.load(files[count], _NOW) for count in (SMALL, BIG))
    crowded = load.load(write(folder / "dense.yaml", BIG, dense), _NOW)
    # by turns, so that a busy machine meets all alike
    turns = [
        [
            measure_decide(rules, person(), rounds, fresh=fresh)
            for fresh in (False, True)
            for rules in (small, big)
        ]
        for _ in range(5)
    ]
    kept, kept_big, fresh, fresh_big = (statistics.median(column) for column in zip(*turns, strict=True))
    many = measure_decide(crowded, person(), rounds)
    wide = [
        (count, load.load(write(folder / f"wild{count}.yaml", count, wild), _NOW)) for count in (1000, 5000)
    ]
    scopes, _ = scope.parse_all([f"repository:team-{n}/app{n * 7}/x:pull,push" for n in range(100)])
    wide_first = [(count, measure_decide(rules, person(), 1, asked=scopes)) for count, rules in wide]
    wide_next = [(count, measure_decide(rules, person(), 20, asked=scopes)) for count, rules in wide]
    yield ""
    yield "deciding, for somebody in 200 groups        µs   of 100 rules"
    yield f"    100 rules                          {kept:>7.0f}"
    yield f"100,000 rules                          {kept_big:>7.0f}   {kept_big / kept:>9.2f} x"
    yield f"    100 rules, the first time          {fresh:>7.0f}"
    yield f"100,000 rules, the first time          {fresh_big:>7.0f}   {fresh_big / fresh:>9.2f} x"
    yield f"100,000 rules, 5,000 reach the person  {many:>7.0f}"
    yield ""
    yield "deciding 100 scopes, all rules begin with a wildcard   ms the first time, then"
    for (count, first), (_, then) in zip(wide_first, wide_next, strict=True):
        yield f"{count:>7,} rules {first / 1000:>54.1f}   {then / 1000:>4.1f}"


@click.command()
@click.option("--rounds", default=500, type=click.IntRange(1), show_default=True, help="Decisions in a turn.")
def main(*, rounds: int) -> None:
    """Measure what rules cost, by their number."""
    with tempfile.TemporaryDirectory(prefix="wharfinger-bench-") as folder:
        for line in _table(Path(folder), rounds):
            click.echo(line)


if __name__ == "__main__":
    loaded = _load(Path(sys.argv[1]))
    sys.stdout.write(json.dumps({name: getattr(loaded, name) for name in loaded.__slots__}))
