"""The threads that look whether files changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from app.watch.last_good import LastGood
from app.watch.watcher import Watcher
from tests.unit.watch.given import Text

_LONG = 10.0


def _eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _LONG
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_the_thread_looks_by_itself_and_when_woken(text: Text) -> None:
    """A watcher looks before it starts, then after each interval, and at once where it is woken."""
    rules = text.last_good()
    text.path.write_text("two")
    often, seldom = Watcher([rules], interval=0.01), Watcher([rules], interval=600)
    often.start()
    assert rules.current == "two"
    text.path.write_text("three")
    _eventually(lambda: rules.current == "three")
    often.stop()
    seldom.start()
    text.path.write_text("four")
    seldom.wake()
    _eventually(lambda: rules.current == "four")
    seldom.stop()
    assert "wharfinger-watch" not in {thread.name for thread in threading.enumerate()}


def test_one_that_fails_does_not_stop_the_others(text: Text) -> None:
    """A fault in one reader or listener leaves the others watched."""

    def broken() -> bytes:
        raise RuntimeError

    rules = text.last_good()
    text.path.write_text("two")
    watcher = Watcher([LastGood("keys", text.load, broken, "first"), rules], interval=600)
    watcher.start()
    watcher.stop()
    assert rules.current == "two"


def test_a_look_that_hangs_holds_up_no_other(text: Text, caplog: pytest.LogCaptureFixture) -> None:
    """A file system whose server is away stops neither the start nor the watch of other files."""
    answered = threading.Event()

    def hanging() -> bytes:
        answered.wait()
        return b""

    rules, keys = text.last_good(), LastGood("keys", text.load, hanging, "first", settle=0.0)
    watcher = Watcher([keys, rules], interval=0.01, first_look=0.05)
    watcher.start()
    assert [record.__dict__["what"] for record in caplog.records] == ["keys"]
    text.path.write_text("two")
    _eventually(lambda: rules.current == "two")
    answered.set()
    watcher.stop()


def test_each_look_that_ends_is_told(text: Text) -> None:
    """Also one that finds a fault; one that ends in a fault of the program is none."""

    def broken() -> bytes:
        raise RuntimeError

    text.path.write_text("one")
    rules, keys = text.last_good(), LastGood("keys", text.load, broken, "first")
    text.path.write_text("bad")
    looked: list[str] = []
    watcher = Watcher([rules, keys], looked=lambda each: looked.append(each.name), interval=600)
    watcher.start()
    watcher.stop()
    assert (looked, rules.fault is None) == (["rules"], False)
