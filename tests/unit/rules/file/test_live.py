"""Rules while the server runs: read anew when they change, the last good ones kept on disk."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.rules.file.last_good_copy import LastGoodCopy
from app.rules.file.live import LiveRules, candidate_rules

_ONE = "version: 1\nrules: [{id: one, everyone: true, repositories: [a], allow: [pull]}]\n"
_TWO = _ONE.replace("id: one", "id: two")
_BAD = "version: 1\nrules: [{id: bad}]\n"
_UNTIL_NEW_YEAR = """
version: 1
rules:
  - {id: old, everyone: true, repositories: [a], allow: [pull], when: {until: 2026-12-31}}
tests:
  - {id: holds, as: {anonymous: true}, expect: {a: [pull]}}
"""


def _clock() -> datetime:
    return datetime(2026, 6, 1, tzinfo=UTC)


def _next_year() -> datetime:
    return datetime(2027, 6, 1, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a folder with a file of one rule."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "one.yaml").write_text(_ONE)
    return folder


@pytest.fixture
def copy(tmp_path: Path, path: Path) -> LastGoodCopy:
    """Return where a copy is kept; there is none yet."""
    return LastGoodCopy(tmp_path / "last-good" / "corp.rules", path)


def _live(path: Path, copy: LastGoodCopy | None, clock: Callable[[], datetime] = _clock) -> LiveRules:
    return LiveRules("corp", path, clock, copy)


def _ids(rules: LiveRules) -> list[str]:
    return [rule.id for rule in rules.current.rules]


def test_a_new_file_in_the_folder_is_taken_over(path: Path) -> None:
    """Its rules are in force after the next look, with a version of their own."""
    rules = _live(path, None)
    before = rules.current.version
    (path / "two.yaml").write_text(_TWO)
    assert rules.refresh()
    assert _ids(rules) == ["one", "two"]
    assert rules.current.version != before


def test_the_log_says_what_other_rules_change(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Both versions, how many rules there were and are, which changed in numbers, and whom they are for."""
    rules = _live(path, None)
    old = rules.current.version
    told: list[Mapping[str, object]] = []
    rules.tell_changes(told.append)
    (path / "one.yaml").write_text(
        "version: 1\nrules:\n"
        "  - {id: one, description: moved, everyone: true, repositories: [a], allow: [pull]}\n"
        "  - {id: two, groups: [g, h], users: [bob], repositories: [a], allow: [push]}\n"
    )
    (path / "three.yaml").write_text(
        _TWO.replace("id: two", "id: three").replace("everyone", "authenticated")
    )
    with caplog.at_level(logging.INFO, "wharfinger.rules"):
        rules.refresh()
        rules.refresh()
    (line,) = [record for record in caplog.records if record.name == "wharfinger.rules"]
    facts = {
        key: value for key, value in vars(line).items() if key.startswith(("old_", "rules_", "affects_"))
    }
    assert facts == {
        "old_version": old,
        "rules_version": rules.current.version,
        "rules_before": 1,
        "rules_after": 3,
        "rules_added": 2,
        "rules_removed": 0,
        "rules_changed": 0,
        "affects_groups": 2,
        "affects_users": 1,
        "affects_robots": 0,
        "affects_all": True,
    }
    assert told == [facts]


def test_what_a_server_starts_with_in_place_of_what_it_had_is_told(path: Path, copy: LastGoodCopy) -> None:
    """Other rules are in force, whoever changed them while it was stopped; the same ones are no change."""
    old = _live(path, copy).current.version
    told: list[Mapping[str, object]] = []
    _live(path, copy).tell_changes(told.append)
    assert told == []
    (path / "one.yaml").write_text("version: 1\nrules: []\n")
    rules = _live(path, copy)
    rules.tell_changes(told.append)
    rules.refresh()
    (change,) = told
    assert (change["old_version"], change["rules_version"]) == (old, rules.current.version)
    assert (change["rules_before"], change["rules_after"], change["rules_removed"]) == (1, 0, 1)


def test_a_file_whose_tests_fail_is_not_taken_over(path: Path) -> None:
    """The owners' own tests are the gate."""
    rules = _live(path, None)
    (path / "one.yaml").write_text(_UNTIL_NEW_YEAR.replace("[pull]}}", "[push]}}"))
    assert not rules.refresh()
    assert isinstance(rules.fault, ConfigurationError)
    assert _ids(rules) == ["one"]


@pytest.mark.parametrize("is_link", [False, True])
def test_a_pipe_among_the_files_is_refused_and_waited_for_by_nobody(path: Path, *, is_link: bool) -> None:
    """Nothing is read of it, for that might never end; links to files are fine (a ConfigMap has them)."""
    live = _live(path, None)
    pipe = path / ("pipe" if is_link else "two.yaml")
    os.mkfifo(pipe)
    if is_link:
        (path / "two.yaml").symlink_to(pipe)
    assert not live.refresh()
    assert "two.yaml: cannot be read: it is no regular file" in str(live.fault)
    (path / "two.yaml").unlink()
    (path / "elsewhere").write_text(_TWO)
    (path / "two.yaml").symlink_to("elsewhere")
    assert live.refresh()
    assert [rule.id for rule in live.current.rules] == ["one", "two"]


def test_rules_are_no_pipe(tmp_path: Path) -> None:
    """They are read again and again, which a pipe is not."""
    pipe = tmp_path / "rules.yaml"
    os.mkfifo(pipe)
    with pytest.raises(ConfigurationError, match="it is no regular file"):
        _live(pipe, None)
    candidate = candidate_rules("corp", pipe, _clock)
    assert not candidate.refresh()
    assert candidate.fault is not None


def test_a_server_starts_with_the_copy_of_the_last_good_rules(
    path: Path, copy: LastGoodCopy, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the files are bad when it starts, it says so, and goes on with what it last accepted."""
    accepted = _live(path, copy)
    (path / "one.yaml").write_text(_TWO)
    accepted.refresh()
    (path / "one.yaml").write_text(_BAD)
    started = _live(path, copy)
    assert (_ids(started), started.current.version) == (["two"], accepted.current.version)
    assert started.fault is not None
    assert "one.yaml:2:9" in caplog.records[-1].__dict__["problems"][0]


def test_a_date_that_has_passed_does_not_take_the_server_down(path: Path, copy: LastGoodCopy) -> None:
    """A copy is used though its own tests would fail today: they passed when it was accepted."""
    (path / "one.yaml").write_text(_UNTIL_NEW_YEAR)
    _live(path, copy)
    started = _live(path, copy, _next_year)
    assert _ids(started) == ["old"]
    assert started.fault is not None


def test_without_a_copy_a_bad_file_is_refused(path: Path, copy: LastGoodCopy) -> None:
    """There never was anything good."""
    (path / "one.yaml").write_text(_BAD)
    for kept in (copy, None):
        with pytest.raises(ConfigurationError, match="bad"):
            _live(path, kept)


def test_a_worker_that_starts_later_is_not_behind_its_peers(path: Path, copy: LastGoodCopy) -> None:
    """What a peer accepted after the fork is in force, though the files are bad by now."""
    forked = _live(path, copy)
    peer = _live(path, copy)
    (path / "one.yaml").write_text(_TWO)
    peer.refresh()
    (path / "one.yaml").write_text(_BAD)
    forked.refresh()
    assert _ids(forked) == ["one"]
    forked.catch_up()
    assert _ids(forked) == ["two"]


def test_the_copy_is_for_the_server_alone(path: Path, copy: LastGoodCopy) -> None:
    """Nobody else reads the hashes of secrets in it; nothing unfinished stays behind."""
    _live(path, copy)
    assert copy.file.parent.stat().st_mode & 0o777 == 0o700
    assert copy.file.stat().st_mode & 0o777 == 0o600
    assert list(copy.file.parent.iterdir()) == [copy.file]


def _damage(copy: LastGoodCopy) -> LastGoodCopy:
    copy.file.write_text(copy.file.read_text().replace("id: one", "id: two"))
    return copy


def _cut(copy: LastGoodCopy) -> LastGoodCopy:
    copy.file.write_bytes(copy.file.read_bytes()[:-1])
    return copy


def _open(copy: LastGoodCopy) -> LastGoodCopy:
    copy.file.chmod(0o622)
    return copy


def _open_folder(copy: LastGoodCopy) -> LastGoodCopy:
    copy.file.parent.chmod(0o770)
    return copy


def _link(copy: LastGoodCopy) -> LastGoodCopy:
    copy.file.rename(copy.file.with_name("elsewhere"))
    copy.file.symlink_to("elsewhere")
    return copy


def _of_other_rules(copy: LastGoodCopy) -> LastGoodCopy:
    return LastGoodCopy(copy.file, copy.path.with_name("other"))


@pytest.mark.parametrize("change", [_damage, _cut, _open, _open_folder, _link, _of_other_rules])
def test_a_copy_that_cannot_be_trusted_is_no_copy(
    path: Path,
    copy: LastGoodCopy,
    change: Callable[[LastGoodCopy], LastGoodCopy],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Damaged, writable for others, a link, or of another file: the log says why, and it is not used."""
    _live(path, copy)
    assert copy.read() is not None
    assert change(copy).read() is None
    assert "copy of the last good rules cannot be used" in caplog.text


def test_rules_hold_where_no_copy_can_be_kept(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A disk that is full or read-only is logged, and changes nothing else."""
    rules = _live(path, LastGoodCopy(path / "one.yaml" / "corp.rules", path))
    (path / "one.yaml").write_text(_TWO)
    rules.refresh()
    assert _ids(rules) == ["two"]
    assert "the last good rules cannot be kept" in caplog.text


def test_no_copy_is_kept_where_others_may_write(
    path: Path, copy: LastGoodCopy, caplog: pytest.LogCaptureFixture
) -> None:
    """They could put another in its place."""
    copy.file.parent.mkdir()
    copy.file.parent.chmod(0o777)
    _live(path, copy)
    assert list(copy.file.parent.iterdir()) == []
    assert "others may write its folder" in caplog.records[-1].__dict__["detail"]


def test_what_did_not_change_is_not_written_again(path: Path, copy: LastGoodCopy) -> None:
    """Each of many workers accepts the same rules; one of them writes them."""
    _live(path, copy)
    before = copy.file.stat()
    _live(path, copy)
    assert copy.file.stat().st_ino == before.st_ino


def test_bad_candidate_rules_are_told_and_harm_nothing(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """There are none until they are good; then the last good ones stay."""
    file = path / "one.yaml"
    file.write_text(_BAD)
    candidate = candidate_rules("corp", path, _clock)
    candidate.refresh()
    assert (candidate.current, caplog.records[-1].levelno) == (None, logging.ERROR)
    file.write_text(_TWO)
    candidate.refresh()
    file.write_text(_BAD)
    candidate.refresh()
    assert candidate.current is not None
    assert [rule.id for rule in candidate.current.rules] == ["two"]
