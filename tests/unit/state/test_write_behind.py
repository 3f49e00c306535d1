"""Writing that nobody waits for: in order, in batches, and dropped with a count where it cannot be."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.errors import StateUnavailable
from app.state.write_behind import WriteBehind

_PATIENCE = 30.0


@dataclass(slots=True)
class Store:
    """A store that keeps what it gets, or fails; it waits while it is held.

    Attributes:
        fault: Is raised by each writing.
        free: Cleared to hold it.
    """

    fault: Exception | None = None
    batches: list[list[int]] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    begun: threading.Event = field(default_factory=threading.Event)
    free: threading.Event = field(default_factory=threading.Event)

    def write(self, items: Sequence[int]) -> None:
        """Keep some items."""
        self.begun.set()
        assert self.free.wait(_PATIENCE)
        if self.fault is not None:
            raise self.fault
        self.batches.append([*items])

    def behind(self, waiting: int = 1000) -> WriteBehind[int]:
        """Return what writes to it."""
        return WriteBehind(self.write, self.dropped.append, waiting=waiting, pause=0.01)


def test_everything_is_written_in_order() -> None:
    """At the end of the process nothing is left over."""
    store = Store()
    store.free.set()
    behind = store.behind()
    for number in range(500):
        behind.put(number)
    behind.finish(_PATIENCE)
    assert [number for batch in store.batches for number in batch] == [*range(500)]
    assert store.dropped == []


def test_nobody_waits_for_a_store_that_hangs() -> None:
    """What finds no place in the queue is dropped and counted, and the rest is written when it goes on."""
    store = Store()
    behind = store.behind(waiting=10)
    behind.put(0)
    assert store.begun.wait(_PATIENCE)
    for number in range(1, 31):
        behind.put(number)
    assert sum(store.dropped) == 20
    store.free.set()
    behind.finish(_PATIENCE)
    assert [number for batch in store.batches for number in batch] == [*range(11)]


def test_what_cannot_be_written_is_counted() -> None:
    """Whatever keeps it from being written; the next is tried nevertheless."""
    for fault in (StateUnavailable("away"), ValueError("a fault of ours")):
        store = Store(fault)
        store.free.set()
        behind = store.behind()
        behind.put(1)
        behind.put(2)
        behind.finish(_PATIENCE)
        assert sum(store.dropped) == 2


def test_without_an_item_there_is_no_thread() -> None:
    """Before the process forks, and in commands that answer no request."""
    before = threading.active_count()
    behind = Store().behind()
    behind.finish(_PATIENCE)
    assert threading.active_count() == before
