"""One fault under a steady load, and the verdict on it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tests.faults.load import Kind, Load, Record, ask
from tests.faults.stage import Stage
from tests.faults.table import Fault, Need
from tests.support.processes import wait_until

_BEFORE, _MEANWHILE, _AFTER = 10, 20, 10
"""Answers of each kind before the fault, while it lasts, and after everything works again; at least."""
_LEFT_ALONE_SECONDS = 12
"""A server of the directory that failed is left alone for ten seconds."""
_PROBES = 8
_RECOVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the requests.

    Attributes:
        requests: How many there were.
        excused: Those that failed and needed the very thing that was gone.
        failed: All others that failed.
        longest: Seconds until the slowest token.
    """

    requests: int
    excused: int
    failed: Sequence[Record]
    longest: float

    def __str__(self) -> str:
        """Return what failed, each kind with its number."""
        return str(Counter(f"{each.kind.value} {each.status} {each.said[:200]}" for each in self.failed))


def trial(stage: Stage, fault: Fault) -> Verdict:
    """Do a fault, undo it, wait until everything works again; all under load.

    Raises:
        ProgramFailed: The load got no answers, or not everything came to work again.
    """
    stage.load = Load(stage.url)
    stage.killed.clear()
    with stage.load.running():
        stage.load.wait_for(_BEFORE)
        begun = time.monotonic()
        try:
            fault.begin(stage)
            stage.load.wait_for(_MEANWHILE)
        finally:
            fault.end(stage)
        if fault.need is Need.DIRECTORY:
            time.sleep(_LEFT_ALONE_SECONDS)
        wait_until(lambda: _works(stage), within=_RECOVERY, what=f"everything works after: {fault.name}")
        healthy = time.monotonic()
        stage.load.wait_for(_AFTER)
    failed = [each for each in stage.load.records if each.failed]
    excused = [each for each in failed if fault.need.excuses(each, stage, begun, healthy)]
    return Verdict(
        len(stage.load.records),
        len(excused),
        [each for each in failed if each not in excused],
        max(each.ended - each.began for each in stage.load.records if not each.failed),
    )


def _works(stage: Stage) -> bool:
    """Whether each node logs people in, whichever of its processes is asked."""
    return not any(ask(node.url, Kind.LOGIN, "carol").failed for node in stage.nodes for _ in range(_PROBES))
