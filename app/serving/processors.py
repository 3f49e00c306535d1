"""How many processors this process may use: the cores that it may run on, and its share of their time."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_PROCESS = Path("/proc/self/cgroup")
_ROOT = Path("/sys/fs/cgroup")
_VERSION_1 = ("cpu,cpuacct", "cpu")
_VERSION_2 = (".", "unified")
"""Where cgroups are mounted: version 2 alone or beside version 1, whose controller may have a companion."""


def usable(process: Path = _PROCESS, root: Path = _ROOT) -> int:
    """Return how many processors this process can keep busy, at least 1.

    A container that may use half of the time of eight cores sees eight cores. The quota of its cgroup, or of
    one above it, says four.

    Args:
        process: Names the cgroups of the process (cgroups(7)).
        root: Where cgroups are mounted, of version 1, 2 or both.
    """
    cores = len(os.sched_getaffinity(0))
    return max(1, min([cores, *map(math.ceil, _quotas(process, root))]))


def _quotas(process: Path, root: Path) -> Iterator[float]:
    """Yield each quota that holds, in processors."""
    for line in _lines(process):
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not path.startswith("/"):
            continue
        if not controllers:
            for name in _VERSION_2:
                for group in _upwards(root / name, path):
                    yield from _version_2(group)
        elif "cpu" in controllers.split(","):
            for name in _VERSION_1:
                for group in _upwards(root / name, path):
                    yield from _version_1(group)


def _upwards(root: Path, path: str) -> Iterator[Path]:
    """Yield the folder of a cgroup and those above it; within a container the root alone may be there."""
    inside = PurePosixPath(path.lstrip("/"))
    if ".." not in inside.parts:
        yield from (root / each for each in (inside, *inside.parents))


def _version_2(group: Path) -> Iterator[float]:
    """Read `cpu.max`: a quota, or `max`, and its period in microseconds."""
    for line in _lines(group / "cpu.max"):
        yield from _ratio(line.split())


def _version_1(group: Path) -> Iterator[float]:
    """Read the quota, which is -1 where there is none, and the period."""
    for quota in _lines(group / "cpu.cfs_quota_us"):
        for period in _lines(group / "cpu.cfs_period_us"):
            yield from _ratio([quota, period])


def _ratio(words: list[str]) -> Iterator[float]:
    if len(words) == 2 and all(word.isascii() and word.isdigit() and int(word) for word in words):  # noqa: PLR2004 - quota and period
        yield int(words[0]) / int(words[1])


def _lines(path: Path) -> list[str]:
    """Return the lines of a file; none where it cannot be read."""
    try:
        return path.read_text(encoding="ascii").split("\n")[:-1]
    except (OSError, ValueError):
        return []
