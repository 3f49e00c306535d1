"""The rounds: each target in turn, so that what else the machine does meets all of them alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from bench import load
from bench.load import Load
from bench.processes import cpu_seconds
from bench.stage import FLOOR, Stage, Target

STEPS: Final = ("ms_login", "ms_deciding", "ms_signing", "ms")
_LINES_APART: Final = 1999


@dataclass(frozen=True, slots=True)
class Plan:
    """How to measure.

    Attributes:
        rounds: Of each target at each number of connections.
        seconds: Of each round.
        connections: Numbers of connections, each measured by itself.
    """

    rounds: int
    seconds: int
    connections: Sequence[int]


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one target.

    Attributes:
        cpu: Milliseconds of the worker's CPU time per request.
        directory_cpu: Milliseconds of slapd's CPU time per request.
        steps: What the server's own log says: the median of each of its times, in milliseconds.
    """

    target: str
    connections: int
    load: Load
    cpu: float
    directory_cpu: float
    steps: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Summary:
    """The medians over the rounds of one target at one number of connections.

    Attributes:
        of_floor: Tokens per second as a share of the floor's in the same turn.
        times_floor: CPU time per request as a multiple of the floor's in the same turn.
    """

    per_second: float
    of_floor: float
    p50: float
    p99: float
    cpu: float
    times_floor: float
    directory_cpu: float
    steps: Mapping[str, float]


def run(stage: Stage, plan: Plan, tell: Callable[[str], None]) -> list[Round]:
    """Warm up, then run all rounds; every second turn goes backwards.

    Raises:
        LoadFailed: Something was answered with anything but a token.
    """
    for target in stage.targets:
        load.run(target.url, target.requests, first=0, connections=max(plan.connections), seconds=1)
    found = []
    for turn in range(plan.rounds):
        tell(f"turn {turn + 1} of {plan.rounds}")
        for connections in plan.connections:
            found += [
                _run(stage, target, plan.seconds, connections, first=turn * _LINES_APART)
                for target in stage.targets[:: -1 if turn % 2 else 1]
            ]
    return found


def _run(stage: Stage, target: Target, seconds: int, connections: int, *, first: int) -> Round:
    written = target.log.stat().st_size if target.log is not None else 0
    worker, directory = cpu_seconds(target.worker), cpu_seconds(stage.directory)
    brought = load.run(target.url, target.requests, first=first, connections=connections, seconds=seconds)
    worker, directory = cpu_seconds(target.worker) - worker, cpu_seconds(stage.directory) - directory
    each = 1000 / brought.requests
    steps = _steps(target.log, written) if target.log is not None else {}
    return Round(target.name, connections, brought, worker * each, directory * each, steps)


def _steps(log: Path, start: int) -> Mapping[str, float]:
    with log.open("rb") as lines:
        lines.seek(start)
        whole = [json.loads(line) for line in lines if line.endswith(b"\n")]
    told = [line for line in whole if line.keys() >= set(STEPS)]
    return {step: median(line[step] for line in told) for step in STEPS}


def summarise(rounds: Iterable[Round]) -> Mapping[int, Mapping[str, Summary]]:
    """Return the medians, by number of connections and target."""
    grouped: dict[int, dict[str, list[Round]]] = {}
    for one in rounds:
        grouped.setdefault(one.connections, {}).setdefault(one.target, []).append(one)
    return {
        connections: {name: _summary(own, targets[FLOOR]) for name, own in targets.items()}
        for connections, targets in grouped.items()
    }


def _summary(own: Sequence[Round], floor: Sequence[Round]) -> Summary:
    turns = list(zip(own, floor, strict=True))
    return Summary(
        per_second=median(one.load.per_second for one in own),
        of_floor=median(one.load.per_second / least.load.per_second for one, least in turns),
        p50=median(one.load.p50 for one in own),
        p99=median(one.load.p99 for one in own),
        cpu=median(one.cpu for one in own),
        times_floor=median(one.cpu / least.cpu for one, least in turns),
        directory_cpu=median(one.directory_cpu for one in own),
        steps={step: median(one.steps[step] for one in own) for step in own[0].steps},
    )
