"""The results, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from bench import company
from bench.logins import Figure
from bench.measure import Plan, Round, Summary
from bench.stage import FLOOR, THREADS

Results = Mapping[int, Mapping[str, Summary]]
_COLUMNS: Final = "".join(
    f"{name:>10}" for name in ("tokens/s", "of floor", "p50 ms", "p99 ms", "CPU ms", "x floor", "slapd CPU")
)
_STEPS: Final = {"ms_login": "login", "ms_deciding": "deciding", "ms_signing": "signing", "ms": "all"}


@dataclass(frozen=True, slots=True)
class Setting:
    """What was measured, and how busy the machine was before.

    Attributes:
        tls: Whether the directory was spoken to over TLS.
        load_average: Of the minute before.
    """

    nested: bool
    tls: bool
    load_average: float
    people: int = company.PEOPLE
    groups: int = len(company.GROUPS)
    fewest_groups: int = company.FEWEST_GROUPS
    most_groups: int = company.MOST_GROUPS
    rules: int = field(default_factory=lambda: len(company.rules()["rules"]))
    password_hash: str = "SSHA"
    algorithm: str = "ES256"
    workers: int = 1
    threads: int = THREADS


def text(results: Results, figures: Sequence[Figure], plan: Plan, setting: Setting) -> str:
    """Return the tables."""
    return "\n".join([*_heading(plan, setting), *_tables(results), *_logins(figures, results)])


def _heading(plan: Plan, setting: Setting) -> Iterator[str]:
    groups = f"{setting.groups:,} groups ({setting.fewest_groups} to {setting.most_groups} a person)"
    scheme, nested = "ldaps" if setting.tls else "ldap", "on" if setting.nested else "off"
    yield f"{setting.people:,} people, {groups}, {setting.rules} rules, {scheme}, nested groups {nested}."
    yield f"{setting.password_hash}, a cheap hash: what a dear one costs is slapd's and comes on top."
    yield (
        f"{setting.algorithm}, {setting.workers} worker of {setting.threads} threads; "
        f"medians of {plan.rounds} rounds of {plan.seconds} s, in turns; "
        f"load average before: {setting.load_average:.1f}."
    )


def _tables(results: Results) -> Iterator[str]:
    for connections, targets in results.items():
        yield f"\n{_count(connections):15}{_COLUMNS}"
        yield from (f"{name:15}{_row(summary)}" for name, summary in targets.items())
    yield "\nWithin a request, by the server's own log: medians in milliseconds"
    for connections, targets in results.items():
        yield f"{_count(connections):15}" + "".join(f"{word:>10}" for word in _STEPS.values())
        yield from (f"{name:15}{_steps(own)}" for name, own in targets.items() if name != FLOOR)


def _logins(figures: Sequence[Figure], results: Results) -> Iterator[str]:
    floor = next(iter(results.values()))[FLOOR].cpu
    columns = "".join(f"{name:>10}" for name in ("CPU ms", "p50 ms", "x floor"))
    yield f"\nBy itself, without HTTP\n{'':20}{columns}   to be reached"
    for each in figures:
        aims = (("CPU", each.most_cpu), ("p50", each.most_p50))
        wanted = " and ".join(f"{name} <= {most:g}" for name, most in aims if most is not None)
        numbers = f"{each.cpu:10.3f}{each.p50:10.3f}{each.cpu / floor:10.2f}"
        yield f"{each.name:20}{numbers}   {wanted}: {'yes' if each.is_met else 'NO'}"


def _count(connections: int) -> str:
    return f"{connections} connection{'s' if connections > 1 else ''}"


def _row(summary: Summary) -> str:
    return (
        f"{summary.per_second:10.0f}{summary.of_floor:10.2f}{summary.p50:10.2f}{summary.p99:10.2f}"
        f"{summary.cpu:10.3f}{summary.times_floor:10.2f}{summary.directory_cpu:10.3f}"
    )


def _steps(summary: Summary) -> str:
    return "".join(f"{summary.steps[step]:10.3f}" for step in _STEPS)


def as_json(
    results: Results, rounds: Sequence[Round], figures: Sequence[Figure], plan: Plan, setting: Setting
) -> str:
    """Return all that was measured; times are milliseconds."""
    medians = [
        {"target": name, "connections": connections} | asdict(summary)
        for connections, targets in results.items()
        for name, summary in targets.items()
    ]
    whole = {
        "setting": asdict(setting),
        "plan": asdict(plan),
        "medians": medians,
        "logins": [asdict(figure) | {"met": figure.is_met} for figure in figures],
        "rounds": [asdict(one) for one in rounds],
    }
    return json.dumps(whole, indent=2)
