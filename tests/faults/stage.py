"""What faults are tried on: two nodes over PostgreSQL behind nginx, or one node over SQLite."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.faults import shifted
from tests.faults.load import Load, Record
from tests.support.nginx import Nginx
from tests.support.ports import free_port
from tests.support.postgres import PASSWORD, Postgres
from tests.support.proxy import Proxy
from tests.support.server import REALM, WHARFINGER, Server, configuration
from tests.support.slapd import Slapd
from tests.support.small_disk import small_disk

_SHIFTED = (sys.executable, "-m", "tests.faults.shifted")
_SECRET = "0123456789abcdef" * 4


@dataclass(slots=True)
class Stage:
    """A whole installation, on loopback.

    Attributes:
        url: Where clients ask.
        proxies: Before the directory: its two servers are one slapd behind each of these.
        nodes: The token servers.
        postgres: Their state; None where that is a file.
        disks: Small ones, by what lies on them.
        clock: Says how far the clock of the first node is off, in seconds.
        load: The one that runs.
        killed: When a process was killed that answers requests (monotonic seconds).
        held: What a fault holds until it is undone.
    """

    folder: Path
    url: str
    slapd: Slapd
    proxies: tuple[Proxy, Proxy]
    nodes: list[Server]
    postgres: Postgres | None
    disks: Mapping[str, Path]
    clock: Path
    load: Load
    killed: list[float] = field(default_factory=list)
    held: ExitStack = field(default_factory=ExitStack)

    @property
    def repeats(self) -> bool:
        """Whether something before the nodes sends a request again whose connection broke."""
        return len(self.nodes) > 1

    def disks_of(self, name: str) -> list[Path]:
        """Return the small disks of a kind: each node has one of its own for the audit stream."""
        return [path for key, path in self.disks.items() if key.startswith(name)]

    def killed_during(self, record: Record) -> bool:
        """Whether a process was killed while a request was under way."""
        return any(record.began <= moment <= record.ended for moment in self.killed)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the first process of each node."""
        for node in self.nodes:
            os.kill(node.pid, number)


def _settings(
    slapd: Slapd, proxies: tuple[Proxy, Proxy], state: Any, disks: Mapping[str, Path]
) -> dict[str, Any]:
    settings = configuration(free_port(), slapd)
    settings["server"] |= {"workers": 2, "threads": 16, "trusted_proxies": ["127.0.0.1"]}
    settings["state"] = state
    settings["audit"]["to"] = str(disks["audit"] / "audit.jsonl")
    realm = settings["realms"][REALM]
    realm["shield"] |= {"remember": 0, "concurrent": 64}
    realm["directory"] |= {
        "servers": [f"ldaps://127.0.0.1:{each.port}" for each in proxies],
        "timeouts": {"connect": "1s", "operation": "2s", "login": "5s"},
        "pool": {"wait": "5s"},
    }
    return settings


@contextmanager
def _stage(folder: Path, count: int) -> Iterator[Stage]:
    with ExitStack() as stack:
        public = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        public.chmod(0o755)  # PostgreSQL runs as nobody, who cannot enter our own folder

        def disk(name: str, size: str) -> Path:
            return stack.enter_context(small_disk(public / name, size))

        slapd = stack.enter_context(Slapd(folder / "slapd"))
        proxies = (stack.enter_context(Proxy(slapd.tls_port)), stack.enter_context(Proxy(slapd.tls_port)))
        disks = {"state": disk("state", "96m" if count > 1 else "4m"), "tmp": disk("tmp", "2m")}
        postgres: Postgres | None = None
        state: Any = f"sqlite:///{disks['state']}/state.db"
        if count > 1:
            data = Path(tempfile.mkdtemp(dir=disks["state"]))
            postgres = stack.enter_context(Postgres(data))
            state = {"url": postgres.make("state"), "password": PASSWORD, "secret": _SECRET}
        clock = folder / "clock"
        clock.write_text("0")
        nodes: list[Server] = []
        for number in range(1, count + 1):
            own = {**disks, "audit": disk(f"audit-{number}", "4m")}
            settings = _settings(slapd, proxies, state, own)
            if nodes:
                settings["realms"][REALM] |= {
                    "keys": str(nodes[0].folder / "keys" / REALM),
                    "issuer": nodes[0].issuer,
                }
            extra = {"TMPDIR": str(own["tmp"]), shifted.VARIABLE: str(clock)}
            program = WHARFINGER if nodes else _SHIFTED
            node = Server(folder / f"node-{number}", settings, extra=extra, program=program)
            nodes.append(stack.enter_context(node))
            disks[f"audit-{number}"] = own["audit"]
        url = nodes[0].url
        if count > 1:
            binds = [node.url.removeprefix("http://") for node in nodes]
            url = stack.enter_context(Nginx(folder / "nginx", binds)).url
        yield Stage(folder, url, slapd, proxies, nodes, postgres, disks, clock, Load(url))


@contextmanager
def two_nodes(folder: Path) -> Iterator[Stage]:
    """Start two nodes over PostgreSQL, behind nginx."""
    with _stage(folder, 2) as stage:
        yield stage


@contextmanager
def one_node(folder: Path) -> Iterator[Stage]:
    """Start one node over SQLite, which clients ask themselves."""
    with _stage(folder, 1) as stage:
        yield stage


STAGES: Final[Mapping[str, Callable[[Path], Any]]] = {"two nodes": two_nodes, "one node": one_node}
