"""Metrics on a full file system."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from app.telemetry.metrics_file import AllocatedDict
from tests.support.small_disk import fill, small_disk
from tests.support.tools import REPOSITORY


def _read(path: Path) -> dict[str, float]:
    return {key: value for key, value, *_ in MmapedDict.read_all_values_from_file(str(path))}  # type: ignore[no-untyped-call]  # the library leaves it bare


def _key(number: int) -> str:
    return mmap_key("name", "name", ["label"], [str(number)], "help")


def test_values_are_kept_as_the_library_keeps_them(tmp_path: Path) -> None:
    """More than the file holds at first, and again after it was opened anew."""
    path = tmp_path / "counter_1.db"
    with closing(AllocatedDict(str(path))) as kept:
        for number in range(2000):
            kept.write_value(_key(number), float(number), 0.0)
    assert _read(path) == {_key(number): float(number) for number in range(2000)}
    with closing(AllocatedDict(str(path))) as again:
        assert again.read_value(_key(7)) == (7.0, 0.0)


def test_what_is_written_has_its_space_before(tmp_path: Path) -> None:
    """Whoever fills the disk afterwards takes none of it."""
    path = tmp_path / "counter_1.db"
    with closing(AllocatedDict(str(path))) as kept:
        for number in range(2000):
            kept.write_value(_key(number), 1.0, 0.0)
            assert path.stat().st_blocks * 512 >= path.stat().st_size


def test_a_full_disk_costs_metrics_and_no_process(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that has none of its space is not left behind; one that cannot grow keeps what it has."""
    with small_disk(tmp_path / "disk", "256k") as disk:
        first = AllocatedDict(str(disk / "counter_1.db"))
        first.write_value(_key(0), 5.0, 0.0)
        fill(disk)
        for number in range(2000):
            first.write_value(_key(number), 6.0, 0.0)
        second = AllocatedDict(str(disk / "gauge_1.db"))
        second.write_value(_key(0), 7.0, 0.0)
        assert second.read_value(_key(0)) == (0.0, 0.0)
        found = _read(disk / "counter_1.db")
        assert found[_key(0)] == 6.0
        assert 100 < len(found) < 2000
        assert not (disk / "gauge_1.db").exists()
        first.close()  # type: ignore[no-untyped-call]  # the library leaves it bare
        second.close()  # type: ignore[no-untyped-call]  # as above
    assert [record.message for record in caplog.records] == ["metrics of this process cannot be kept"]


def test_the_metrics_of_the_program_are_kept_so(tmp_path: Path) -> None:
    """All of them: the library uses nothing else once ours are declared."""
    code = (
        "from prometheus_client import values; from app.telemetry import metrics;"
        "from app.telemetry.metrics_file import AllocatedDict;"
        "metrics.AUDIT_FAILING.set(1);"
        "assert type(metrics.AUDIT_FAILING._value._file) is AllocatedDict"
    )
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY, env=environment)
    assert all(file.stat().st_blocks * 512 >= file.stat().st_size > 0 for file in tmp_path.iterdir())
