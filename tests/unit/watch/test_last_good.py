"""What was last read from files without a fault."""

from __future__ import annotations

import logging

import pytest

from app.errors import ConfigurationError
from app.watch.fingerprint import Fingerprint
from app.watch.last_good import STALE_AFTER, LastGood
from tests.unit.watch.given import Text


def test_a_change_is_taken_over(text: Text) -> None:
    """A file that changed and is good is in force after the next look, and is read once for that."""
    rules = text.last_good()
    text.path.write_text("two")
    assert rules.refresh()
    assert not rules.refresh()
    assert (rules.current, text.reads) == ("two", 2)


def test_a_fault_keeps_the_last_good(text: Text, caplog: pytest.LogCaptureFixture) -> None:
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


def test_each_distinct_fault_is_told_once(text: Text, caplog: pytest.LogCaptureFixture) -> None:
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
def test_no_fault_ends_the_watch(text: Text, content: str | None) -> None:
    """A file that is gone, and a fault of the reader itself, keep the last good as well."""
    rules = text.last_good()
    text.path.unlink()
    if content:
        text.path.write_text(content)
    assert not rules.refresh()
    assert (rules.current, rules.fault is None) == ("one", False)
    text.path.write_text("two")
    assert rules.refresh()


def test_a_fault_is_tried_again_when_asked(text: Text) -> None:
    """Files that had a fault are read again on a signal though they did not change; good ones are not."""
    rules = text.last_good()
    rules.refresh(again=True)
    assert text.reads == 1
    text.path.write_text("bad")
    rules.refresh()
    rules.refresh(again=True)
    assert text.reads == 3


def test_half_of_a_change_is_never_in_force(text: Text) -> None:
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


def test_files_that_never_rest_are_left_for_later(text: Text) -> None:
    """Files that change all the time do not hold up the thread for ever, and nothing of them is in force."""
    looks = iter(range(1000))
    rules = LastGood("rules", text.load, lambda: str(next(looks)).encode(), "first", settle=0.0)
    assert not rules.refresh()
    assert (rules.current, text.reads) == ("first", 0)


def test_what_was_never_seen_is_read(text: Text) -> None:
    """Without a fingerprint of what is in force, the first look reads."""
    rules = LastGood("rules", text.load, Fingerprint(lambda: [text.path]), "first", settle=0.0)
    assert rules.refresh()
    assert rules.current == "one"


def test_what_was_not_looked_at_for_long_is_stale(text: Text) -> None:
    """Whatever a look finds, it tells what the files hold; after a minute without one nobody knows."""
    times = [0.0]
    look = Fingerprint(lambda: [text.path])
    rules = LastGood("rules", text.load, look, "one", settle=0.0, monotonic=lambda: times[-1])
    found = []
    for after in (STALE_AFTER, STALE_AFTER + 1):
        times.append(after)
        found.append(rules.is_stale)
    text.path.write_text("bad")
    rules.refresh()
    assert [*found, rules.is_stale] == [False, True, False]


def test_what_another_process_accepted_is_adopted(text: Text) -> None:
    """It is in force at once, and whoever follows is told; the fault of the files stays."""
    rules = text.last_good()
    text.path.write_text("bad")
    rules.refresh()
    seen: list[str] = []
    rules.subscribe(lambda each: seen.append(each.current))
    rules.adopt("two")
    assert (seen, rules.fault is None) == (["one", "two"], False)
