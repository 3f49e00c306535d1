"""Folders of a server's own."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest

from app.serving.own_folders import OwnFolders


def test_a_folder_is_its_owners_alone_and_goes_with_the_server(tmp_path: Path) -> None:
    """Nobody else can put anything there."""
    folders = OwnFolders(str(tmp_path))
    folder = folders.make("metrics")
    assert folder is not None
    assert folder.parent == tmp_path
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folders.remove()
    assert not folder.exists()


def test_what_a_killed_server_left_is_removed_and_what_a_running_one_has_is_not(tmp_path: Path) -> None:
    """Its processes hold a lock, and what they leave has none; other people's folders are left alone."""
    running = OwnFolders(str(tmp_path)).make
    kept = running("metrics")
    child = os.fork()
    if child == 0:
        made = OwnFolders(str(tmp_path)).make("last-good")
        os._exit(0 if made is not None else 1)
    assert os.waitpid(child, 0)[1] == 0
    other = tmp_path / "somebody-elses"
    other.mkdir()
    assert len([*tmp_path.glob("wharfinger-last-good-*")]) == 1
    OwnFolders(str(tmp_path))
    assert kept is not None
    assert {*tmp_path.iterdir()} == {kept, other}


def test_a_worker_that_outlives_the_main_process_keeps_the_folder(tmp_path: Path) -> None:
    """It was forked from the one that made it."""
    reader, writer = os.pipe()
    middle = os.fork()
    if middle == 0:
        OwnFolders(str(tmp_path)).make("metrics")
        if os.fork() == 0:
            os.close(writer)
            os.read(reader, 1)
        os._exit(0)
    os.close(reader)
    assert os.waitpid(middle, 0)[1] == 0
    OwnFolders(str(tmp_path))
    assert len([*tmp_path.iterdir()]) == 1
    os.close(writer)


def test_another_place_is_found_where_there_is_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That for temporary files; and where that has no room either, the server does without."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folders = OwnFolders(str(tmp_path / "nowhere"))
    made = folders.make("metrics")
    assert made is not None
    assert made.parent == tmp_path
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere-either"))
    assert OwnFolders(str(tmp_path / "nowhere")).make("metrics") is None
