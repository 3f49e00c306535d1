"""A directory that sends without end: what is read of it, and what that costs."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from app.directory.directory import LdapDirectory
from app.directory.settings import DirectorySettings
from app.errors import DirectoryUnavailable
from app.protocol.credentials import Credentials
from app.protocol.secret import Secret
from app.rules.robot_names import RobotNames
from tests.support.crowd import log_in
from tests.support.directory import log_in as log_in_at
from tests.support.flood import ENTRIES, Flood
from tests.support.server import REALM, Server
from tests.support.slapd import Slapd

ALICE = Credentials("alice", Secret("alice-password"))
_READ_AT_MOST = 2**21
_IN_BUFFERS = 2**24
"""Octets that lie between the two ends, in buffers of the kernel."""


def _directory(flood: Flood) -> contextlib.closing[LdapDirectory]:
    settings = DirectorySettings.model_validate(flood.section(allow_plaintext=True))
    return contextlib.closing(LdapDirectory(settings, RobotNames("robot$")))


@pytest.mark.parametrize("kind", ENTRIES)
def test_what_has_no_end_is_no_answer(kind: str) -> None:
    """Neither one message that is too long, nor many that are so together."""
    with Flood(ENTRIES[kind]) as flood, _directory(flood) as directory:
        with pytest.raises(DirectoryUnavailable):
            log_in_at(directory, ALICE)
        assert flood.sent < 2 * (_READ_AT_MOST + _IN_BUFFERS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ENTRIES)
def test_a_flood_takes_bounded_memory(start_server: Callable[..., Server], slapd: Slapd, kind: str) -> None:
    """Sixteen logins at once; without a limit, each would take as much as arrives until its deadline."""
    with Flood(ENTRIES[kind]) as flood:

        def change(settings: dict[str, Any]) -> None:
            settings["realms"][REALM]["directory"] = flood.section(allow_plaintext=True)
            settings["server"]["threads"] = 16

        server = start_server(slapd, change)
        (worker,) = server.workers()
        with ThreadPoolExecutor(16) as pool:
            names = [f"alice{number}" for number in range(32)]
            found = Counter(pool.map(lambda name: log_in(server, name, "p")[0], names))
        assert found.keys() <= {503}
        assert _most_memory(worker) < _MOST_MEMORY


_MOST_MEMORY = 512 * 2**20


def _most_memory(pid: int) -> int:
    """Return the most octets of memory that a process had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
