"""One round of load, by wrk: a fixed number of connections, each asking anew as soon as it is answered."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SCRIPT: Final = Path(__file__).with_name("load.lua")


class LoadFailed(Exception):  # noqa: N818 - reads as what happened
    """A round of load is worth nothing; says why."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one round brought.

    Attributes:
        p50: The median latency in milliseconds.
        p99: The latency in milliseconds that one answer of a hundred exceeds.
    """

    requests: int
    per_second: float
    p50: float
    p99: float


def run(url: str, requests: Path, *, first: int, connections: int, seconds: int) -> Load:
    """Run one round.

    Args:
        url: Of the server.
        requests: A file with one request on each line.
        first: The line to begin with, from 0.
        connections: How many, kept alive.
        seconds: How long.

    Raises:
        LoadFailed: wrk failed, or an answer was not a token.
    """
    threads_and_time = ["--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
    done = subprocess.run(
        ["wrk", *threads_and_time, "--latency", "--script", _SCRIPT, url, "--", requests, str(first)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LoadFailed(f"wrk ended with {done.returncode}: {done.stderr.strip()}")
    told = json.loads(done.stdout.splitlines()[-1])
    if told["errors"] or not told["requests"]:
        raise LoadFailed(f"{told['errors']} of {told['requests']} requests to {url} failed")
    per_second = told["requests"] / told["microseconds"] * 1_000_000
    return Load(told["requests"], per_second, told["p50"] / 1000, told["p99"] / 1000)
