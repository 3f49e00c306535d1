"""Files that change while the server runs: the last good state, and the thread that looks."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import ConfigurationError, Position, Problem
from app.watch import Fingerprint, LastGood, Watcher

_LONG = 10.0


class _Text:
    """A file of text, of which the word `bad` is no good; counts how often it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reads = 0
        self.during: Callable[[], object] = lambda: None

    def load(self) -> str:
        self.reads += 1
        text = self.path.read_text()
        self.during()
        if "crash" in text:
            raise RuntimeError(text)
        if "bad" in text:
            raise ConfigurationError([Problem(Position("rules.yaml", 1, 1), text)])
        return text

    def last_good(self) -> LastGood[str]:
        look = Fingerprint(lambda: [self.path])
        return LastGood("rules", self.load, look, self.load(), seen=look(), settle=0.001)


@pytest.fixture
def text(tmp_path: Path) -> _Text:
    """Give a file that says `one`."""
    path = tmp_path / "rules.yaml"
    path.write_text("one")
    return _Text(path)


def _eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _LONG
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_change_is_taken_over(text: _Text) -> None:
    """A file that changed and is good is in force after the next look, and is read once for that."""
    rules = text.last_good()
    text.path.write_text("two")
    assert rules.refresh()
    assert not rules.refresh()
    assert (rules.current, text.reads) == ("two", 2)


def test_a_fault_keeps_the_last_good(text: _Text, caplog: pytest.LogCaptureFixture) -> None:
    """A bad file changes nothing but `fault`; it is told once, and so is that it is mended."""
    rules = text.last_good()
    text.path.write_text("bad")
    assert [rules.refresh() for _ in range(3)] == [False] * 3
    assert rules.current == "one"
    assert isinstance(rules.fault, ConfigurationError)
    text.path.write_text("one")
    with caplog.at_level(logging.INFO):
        assert rules.refresh()
    assert [rules.fault] == [None]
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_each_distinct_fault_is_told_once(text: _Text, caplog: pytest.LogCaptureFixture) -> None:
    """Another fault is told too; the same one after a meaningless change is not."""
    rules = text.last_good()
    for content in ("bad", "bad", "bad one"):
        text.path.write_text(content)
        rules.refresh(again=True)
    assert [record.__dict__["problems"] for record in caplog.records] == [
        ["rules.yaml:1:1: bad"],
        ["rules.yaml:1:1: bad one"],
    ]


@pytest.mark.parametrize("content", ["crash", None], ids=["any exception", "no file"])
def test_no_fault_ends_the_watch(text: _Text, content: str | None) -> None:
    """A file that is gone, and a fault of the reader itself, keep the last good as well."""
    rules = text.last_good()
    text.path.unlink()
    if content:
        text.path.write_text(content)
    assert not rules.refresh()
    assert (rules.current, rules.fault is None) == ("one", False)
    text.path.write_text("two")
    assert rules.refresh()


def test_a_fault_is_tried_again_when_asked(text: _Text) -> None:
    """Files that had a fault are read again on a signal though they did not change; good ones are not."""
    rules = text.last_good()
    rules.refresh(again=True)
    assert text.reads == 1
    text.path.write_text("bad")
    rules.refresh()
    rules.refresh(again=True)
    assert text.reads == 3


def test_half_of_a_change_is_never_in_force(text: _Text) -> None:
    """What changes while it is read is read again before it is in force."""
    rules = text.last_good()
    changes = iter(["two and a half", "three"])

    def change() -> None:
        following = next(changes, None)
        if following:
            text.path.write_text(following)

    text.during = change
    text.path.write_text("two")
    seen: list[str] = []
    rules.subscribe(lambda each: seen.append(each.current))
    assert rules.refresh()
    assert seen == ["one", "three"]


def test_files_that_never_rest_are_left_for_later(text: _Text) -> None:
    """Files that change all the time do not hold up the thread for ever, and nothing of them is in force."""
    looks = iter(range(1000))
    rules = LastGood("rules", text.load, lambda: str(next(looks)).encode(), "first", settle=0.0)
    assert not rules.refresh()
    assert (rules.current, text.reads) == ("first", 0)


def test_what_was_never_seen_is_read(text: _Text) -> None:
    """Without a fingerprint of what is in force, the first look reads."""
    rules = LastGood("rules", text.load, Fingerprint(lambda: [text.path]), "first", settle=0.0)
    assert rules.refresh()
    assert rules.current == "one"


def test_one_time_stamp_may_hide_a_change(text: _Text) -> None:
    """A change of the same length that bears the stamps of the content before it is seen."""
    look = Fingerprint(lambda: [text.path])
    before = look()
    stamps = text.path.stat()
    text.path.write_text("two")
    os.utime(text.path, ns=(stamps.st_atime_ns, stamps.st_mtime_ns))
    assert look() != before


def test_an_old_file_is_not_read_again_and_again(text: _Text) -> None:
    """The stamps of a file that has long been at rest are trusted, for a minute at the most."""
    now = time.time() + 10
    look = Fingerprint(lambda: [text.path], lambda: now)
    before = look()
    stamps = text.path.stat()
    text.path.write_text("two")
    os.utime(text.path, ns=(stamps.st_atime_ns, stamps.st_mtime_ns))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "stat", lambda _: stamps)
        assert look() == before
        now += 61
        assert look() != before


@pytest.mark.parametrize("how", ["rename-over", "swap of a link"])
def test_every_way_to_change_a_file_is_seen(tmp_path: Path, how: str) -> None:
    """An editor's rename, and the swap of a link that a ConfigMap makes, change the fingerprint."""
    for name, content in (("1", "a"), ("2", "b")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rules.yaml").write_text(content)
    (tmp_path / "..data").symlink_to("1")
    path = tmp_path / "rules.yaml"
    path.symlink_to("..data/rules.yaml")
    look = Fingerprint(lambda: [path])
    before = look()
    if how == "rename-over":
        (tmp_path / "2" / "rules.yaml").replace(path)
    else:
        (tmp_path / "..new").symlink_to("2")
        (tmp_path / "..new").replace(tmp_path / "..data")
    assert look() != before


def test_the_thread_looks_by_itself_and_when_woken(text: _Text) -> None:
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


def test_one_that_fails_does_not_stop_the_others(text: _Text) -> None:
    """A fault in one reader or listener leaves the others watched."""

    def broken() -> bytes:
        raise RuntimeError

    rules = text.last_good()
    text.path.write_text("two")
    watcher = Watcher([LastGood("keys", text.load, broken, "first"), rules], interval=600)
    watcher.start()
    watcher.stop()
    assert rules.current == "two"
