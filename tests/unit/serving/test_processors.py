"""How many processors there are to use: cores, and quotas of cgroups of both versions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.serving import processors

V1 = "3:cpuset:/\n2:cpu,cpuacct:/docker/abc\n1:name=systemd:/x\n"


@pytest.fixture(autouse=True)
def _eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))


def _usable(folder: Path, process: str, files: Mapping[str, str]) -> int:
    """Return how many there are where the process is in these cgroups, which have these files."""
    (folder / "process").write_text(process)
    for name, text in files.items():
        path = folder / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    return processors.usable(folder / "process", folder / "cgroup")


@pytest.mark.parametrize(
    ("process", "files", "count"),
    [
        ("0::/\n", {}, 8),
        ("0::/\n", {"cpu.max": "max 100000"}, 8),
        ("0::/\n", {"cpu.max": "200000 100000"}, 2),
        ("0::/\n", {"cpu.max": "150000 100000"}, 2),
        ("0::/\n", {"cpu.max": "10000 100000"}, 1),
        ("0::/\n", {"cpu.max": "6400000 100000"}, 8),
        ("0::/a/b\n", {"a/b/cpu.max": "400000 100000", "a/cpu.max": "300000 100000"}, 3),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000", "a/cpu.max": "max 100000"}, 8),
        ("0::/../../x\n", {"cpu.max": "100000 100000"}, 8),
        ("0::/\n", {"cpu.max": "nonsense"}, 8),
        ("0::/\n", {"cpu.max": "100000 0"}, 8),
        ("0::/\n", {"unified/cpu.max": "300000 100000"}, 3),
        ("nonsense\n", {"cpu.max": "100000 100000"}, 8),
        (V1, {"cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "-1"}, 8),
    ],
)
def test_the_lowest_quota_counts(tmp_path: Path, process: str, files: dict[str, str], count: int) -> None:
    """Rounded up, never below 1, never above the cores; what cannot be read says nothing."""
    assert _usable(tmp_path, process, files) == count


@pytest.mark.parametrize("mount", ["cpu", "cpu,cpuacct"])
@pytest.mark.parametrize("group", ["", "docker/abc/"])
def test_version_1(tmp_path: Path, mount: str, group: str) -> None:
    """The controller has a folder of its own; in a container its root is the container's cgroup."""
    files = {
        f"{mount}/{group}cpu.cfs_quota_us": "250000",
        f"{mount}/{group}cpu.cfs_period_us": "100000",
    }
    assert _usable(tmp_path, V1, files) == 3


def test_a_machine_without_cgroups(tmp_path: Path) -> None:
    """All cores count."""
    assert processors.usable(tmp_path / "none", tmp_path / "none") == 8
