"""Rules that take much away wait until somebody has accepted them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.file import load
from app.rules.file.guard import Guard, WaitingRulesError, dropped
from app.rules.file.last_good_copy import LastGoodCopy
from app.rules.file.live import LiveRules
from app.rules.file.paths import FileText
from app.rules.model import RuleSet

_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_RULE = "  - {{id: {}, everyone: true, repositories: [a], allow: [pull]}}\n"


def _text(*ids: str) -> str:
    rules = "".join(map(_RULE.format, ids))
    return f"version: 1\nrules:\n{rules}" if ids else "version: 1\nrules: []\n"


class _Scene:
    """Rules of a realm in a folder, with a copy of the last good ones, and who accepted which version."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "rules.yaml"
        self.copy = LastGoodCopy(folder / "last-good" / "corp.rules", self.path)
        self.accepted: set[str] = set()

    def write(self, *ids: str) -> str:
        self.path.write_text(_text(*ids))
        return load.load(self.path, _NOW).version

    def start(self, share: float = 0.5) -> LiveRules:
        guard = Guard(share, self.accepted.__contains__)
        return LiveRules("corp", self.path, lambda: _NOW, self.copy, guard)


@pytest.fixture
def scene(tmp_path: Path) -> _Scene:
    """Return rules of four ids."""
    made = _Scene(tmp_path)
    made.write("a", "b", "c", "d")
    return made


def _ids(rules: LiveRules) -> str:
    return "".join(rule.id for rule in rules.current.rules)


@pytest.mark.parametrize(
    ("ids", "held"),
    [("abcdef", False), ("ab", False), ("abxyz", False), ("a", True), ("", True), ("wxyz", True)],
)
def test_more_than_the_share_waits(scene: _Scene, ids: str, held: bool) -> None:
    """By id: other rules in place of those that are gone make up for nothing."""
    rules = scene.start()
    version = scene.write(*ids)
    rules.refresh()
    assert _ids(rules) == ("abcd" if held else ids)
    assert isinstance(rules.fault, WaitingRulesError) == held
    if held:
        gone = 4 - len(set("abcd") & set(ids))
        assert f"drops {gone} of 4 rules, more than rules_guard lets pass (50%)" in str(rules.fault)
        assert f"wharfinger rules accept {version}" in str(rules.fault)


def test_what_waits_is_in_force_once_it_is_accepted(scene: _Scene) -> None:
    """At the next look, though the file is the same; another version is not meant."""
    rules = scene.start()
    version = scene.write()
    rules.refresh()
    scene.accepted.add("0123456789abcdef")
    rules.refresh()
    assert _ids(rules) == "abcd"
    scene.accepted.add(version)
    assert rules.refresh()
    assert (_ids(rules), rules.fault) == ("", None)


def test_what_waits_is_forgotten_when_the_file_is_mended(scene: _Scene) -> None:
    """Nobody has to accept anything then."""
    rules = scene.start()
    scene.write()
    rules.refresh()
    scene.write("a", "b", "c")
    rules.refresh()
    assert (_ids(rules), rules.fault) == ("abc", None)


def test_a_server_that_is_started_anew_holds_back_what_the_last_one_did(scene: _Scene) -> None:
    """It compares with the copy of what was in force, and starts with that."""
    scene.start()
    version = scene.write()
    rules = scene.start()
    assert _ids(rules) == "abcd"
    assert isinstance(rules.fault, WaitingRulesError)
    rules.catch_up()
    assert _ids(rules) == "abcd"
    scene.accepted.add(version)
    assert _ids(scene.start()) == ""


def test_a_worker_that_starts_later_compares_with_what_its_peers_have(scene: _Scene) -> None:
    """And not with what the main process began with, long ago."""
    peer, later = scene.start(), scene.start()
    scene.write(*"abcdefghij")
    peer.refresh()
    scene.write(*"abcd")
    peer.refresh()
    later.catch_up()
    assert _ids(peer) == _ids(later) == "abcdefghij"
    assert isinstance(later.fault, WaitingRulesError)


def test_without_anything_in_force_nothing_waits(tmp_path: Path) -> None:
    """The first rules of a server, and those after none."""
    scene = _Scene(tmp_path)
    scene.write()
    rules = scene.start(0.0)
    scene.write("a")
    rules.refresh()
    assert _ids(rules) == "a"


@given(st.sets(st.sampled_from("abcdefgh")), st.sets(st.sampled_from("abcdefgh")), st.integers(0, 99))
def test_what_passes_drops_no_more_than_the_share(before: set[str], after: set[str], percent: int) -> None:
    """Whatever the rules are."""

    def rule_set(ids: set[str]) -> RuleSet:
        return load.compiled([FileText("rules.yaml", _text(*sorted(ids)))]).rules

    old, new = rule_set(before), rule_set(after)
    assert set(dropped(old, new)) == before - after
    try:
        Guard(percent / 100, lambda _: False).check(Path("rules.yaml"), old, new)
    except WaitingRulesError:
        assert len(before - after) * 100 > percent * len(before)
    else:
        assert len(before - after) * 100 <= percent * len(before)
