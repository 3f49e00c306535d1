"""The faults: what does each, what undoes it, and what cannot work meanwhile."""

from __future__ import annotations

import contextlib
import enum
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from app.keys.algorithm import Algorithm
from app.keys.create import create
from app.keys.signing_key import KeyState
from tests.faults.load import Kind, Record
from tests.faults.stage import Stage
from tests.support import keyfolder
from tests.support.proxy import Mode
from tests.support.server import REALM, SAMPLE_RULES
from tests.support.small_disk import fill

Act = Callable[[Stage], object]


class Need(enum.Enum):
    """What is gone meanwhile, so that whatever needs it fails."""

    NOTHING = "nothing"
    DIRECTORY = "logins that ask the directory (503)"
    AUDIT = "every token (503)"
    ANSWER = "logins that the server was answering (503)"
    PROCESS = "what the process was answering"

    def excuses(self, record: Record, stage: Stage, begun: float, healthy: float) -> bool:
        """Whether a failed request needed the very thing that was gone."""
        meanwhile = record.status == 503 and record.ended >= begun and record.began <= healthy
        match self:
            case Need.DIRECTORY:
                return meanwhile and record.kind is Kind.LOGIN
            case Need.AUDIT:
                return meanwhile
            case Need.ANSWER:
                return meanwhile and record.kind is Kind.LOGIN and stage.killed_during(record)
            case Need.PROCESS:
                return record.status == 0 and stage.killed_during(record) and not stage.repeats
            case Need.NOTHING:
                return False


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        begin: Does it, while the load runs.
        end: Undoes it.
        need: What cannot work meanwhile.
        only: The stage that can have it; empty is both.
    """

    name: str
    begin: Act
    end: Act = lambda _: None
    need: Need = Need.NOTHING
    only: str = ""


def _nothing(_: Stage) -> None:
    """Leave everything as it is."""


def _proxies(mode: Mode) -> Act:
    def act(stage: Stage) -> None:
        for proxy in stage.proxies:
            proxy.mode = mode

    return act


def _fail_over(stage: Stage) -> None:
    """End the first server; the second one is there."""
    stage.killed.append(time.monotonic())
    stage.proxies[0].go_down()


def _kill_workers(stage: Stage) -> None:
    """Kill one worker of each node, and wait until there is another."""
    for node in stage.nodes:
        before = node.workers()
        stage.killed.append(time.monotonic())
        os.kill(min(before), signal.SIGKILL)
        stage.load.wait_for(5)


def _storm(stage: Stage) -> None:
    for _ in range(100):
        stage.signal(signal.SIGHUP)
        time.sleep(0.01)


def _rules(text: str) -> Act:
    def act(stage: Stage) -> None:
        for node in stage.nodes:
            new = node.folder / "rules.new"
            new.write_text(text, encoding="utf-8")
            new.replace(node.folder / "rules.yaml")
        stage.signal(signal.SIGHUP)

    return act


_GOOD = SAMPLE_RULES.read_text(encoding="utf-8")
_OTHER = _GOOD.replace("own-sandbox", "sandboxes")


def _swap(stage: Stage) -> None:
    for number in range(20):
        _rules((_GOOD, _OTHER)[number % 2])(stage)
        time.sleep(0.05)


def _rotate(stage: Stage) -> None:
    """Announce a key, have it sign, and take the old one out."""
    folder, now = stage.nodes[0].folder / "keys" / REALM, datetime.now(UTC)
    (old,) = (path.name.split(".")[0] for path in folder.glob("*.active-*.pem"))
    create(folder, name="next", algorithm=Algorithm.ES256, state=KeyState.ANNOUNCED, common_name="x", now=now)
    stage.signal(signal.SIGHUP)
    stage.load.wait_for(10)
    keyfolder.activate(folder, "next", now)
    stage.signal(signal.SIGHUP)
    stage.load.wait_for(10)
    keyfolder.discard(folder, old)
    stage.signal(signal.SIGHUP)


def _lose_state(stage: Stage) -> None:
    if stage.postgres is not None:
        stage.postgres.crash()
    else:
        for path in stage.disks["state"].glob("state.db*"):
            path.unlink()


def _return_state(stage: Stage) -> None:
    if stage.postgres is not None:
        stage.postgres.start()


def _restart_state(stage: Stage) -> None:
    _lose_state(stage)
    _return_state(stage)


def _fill(name: str) -> Act:
    """Return what fills the small disks of this name; undoing it takes the ballast out."""

    def act(stage: Stage) -> None:
        for disk in stage.disks_of(name):
            stage.held.callback(fill(disk).unlink)

    return act


def _fill_tmp(stage: Stage) -> None:
    """Fill TMPDIR, and kill workers: those that take their places find it full."""
    _fill("tmp")(stage)
    _kill_workers(stage)


def _clock(seconds: str) -> Act:
    def act(stage: Stage) -> None:
        new = stage.clock.with_suffix(".new")
        new.write_text(seconds)
        new.replace(stage.clock)

    return act


_HALVES = (
    b"",
    b"GET /tok",
    b"GET /token HTTP/1.1\r\nHost: x\r\nAuth",
    b"POST /token HTTP/1.1\r\nHost: x\r\n",
)


def _slow_clients(stage: Stage) -> None:
    for node in stage.nodes:
        url = urlsplit(node.url)
        for number in range(200):
            connection = socket.create_connection((url.hostname, url.port), timeout=10)
            stage.held.enter_context(contextlib.closing(connection))
            connection.sendall(_HALVES[number % len(_HALVES)])


def _release(stage: Stage) -> None:
    stage.held.close()


def _crowd(stage: Stage) -> None:
    """Add nine times the clients, with 20 requests each."""
    stage.held.enter_context(stage.load.more(9, 20))


FAULTS: Final = (
    Fault("nothing", _nothing),
    Fault("directory killed", lambda s: s.slapd.stop(), lambda s: s.slapd.start(), Need.DIRECTORY),
    Fault("directory hangs", _proxies(Mode.HANG), _proxies(Mode.PASS), Need.DIRECTORY),
    Fault("directory drips", _proxies(Mode.DRIP), _proxies(Mode.PASS), Need.DIRECTORY),
    Fault("directory fails over", _fail_over, lambda s: s.proxies[0].come_up(), Need.ANSWER),
    Fault("worker killed", _kill_workers, need=Need.PROCESS),
    Fault("storm of SIGHUP", _storm),
    Fault("rules broken", _rules("rules: ["), _rules(_GOOD)),
    Fault("rules swapped", _swap, _rules(_GOOD)),
    Fault("keys rotated", _rotate),
    Fault("disk of the state full", _fill("state"), _release),
    Fault("state restarted at once", _restart_state, only="two nodes"),
    Fault("state gone", _lose_state, _return_state),
    Fault("clock 30 s ahead", _clock("30"), _clock("0")),
    Fault("clock 30 s behind", _clock("-30"), _clock("0")),
    Fault("slow clients", _slow_clients, _release),
    Fault("10 x load", _crowd, _release),
    Fault("disk of the audit stream full", _fill("audit"), _release, Need.AUDIT),
    Fault("TMPDIR full", _fill_tmp, _release, Need.PROCESS),
)
