"""A server whose folder for temporary files, or for metrics, is full."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from tests.support.crowd import meanwhile
from tests.support.ports import free_port
from tests.support.processes import wait_until
from tests.support.server import Server, configuration
from tests.support.slapd import Slapd
from tests.support.small_disk import fill, small_disk

pytestmark = pytest.mark.slow  # servers that start and stop

_WAIT = timedelta(seconds=30)
_LOST = "metrics of this process cannot be kept"


@pytest.fixture(params=["memory", "disk"])
def server(request: pytest.FixtureRequest, tmp_path: Path, slapd: Slapd) -> Iterator[Server]:
    """Return a server on a small disk, with its metrics in memory as usual, or there too."""
    with small_disk(tmp_path / "disk", "2m") as disk:
        extra = {"TMPDIR": str(disk)}
        if request.param == "disk":
            (disk / "metrics").mkdir()
            extra["PROMETHEUS_MULTIPROC_DIR"] = str(disk / "metrics")
        settings = configuration(free_port(), slapd)
        settings["server"]["workers"] = 2
        with Server(tmp_path / "wharfinger", settings, extra=extra) as running:
            yield running


def _until_more(seen: Counter[int]) -> None:
    so_far = seen.total()
    wait_until(lambda: seen.total() > so_far + 20, within=_WAIT, what="some logins")


def test_no_login_fails_and_no_process_ends(server: Server) -> None:
    """Under load, while it fills; a process that starts then has its metrics in memory, or none."""
    disk = Path(server.extra["TMPDIR"])
    in_memory = "PROMETHEUS_MULTIPROC_DIR" not in server.extra
    with meanwhile([server], "alice", "alice-password", 0.0) as seen:
        _until_more(seen)
        fill(disk)
        before = server.workers()
        _until_more(seen)
        requests.get(f"{server.url}/metrics", timeout=15).raise_for_status()
        assert server.workers() == before
    assert seen.keys() == {200}
    killed = min(before)
    os.kill(killed, signal.SIGKILL)
    wait_until(
        lambda: len(server.workers() - {killed}) == 2, within=_WAIT, what="another process takes its place"
    )
    after = server.workers()
    with meanwhile([server], "alice", "alice-password", 0.0) as seen:
        _until_more(seen)
        requests.get(f"{server.url}/metrics", timeout=15).raise_for_status()
    assert seen.keys() == {200}
    assert server.workers() == after
    lost = [line for line in server.log() if line["event"] == _LOST]
    assert len(lost) == (0 if in_memory else 1)
