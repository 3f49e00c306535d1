"""Files that are there as a whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from app.keys.write import alone_in, write_whole


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mode", [0o600, 0o644])
@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_content_and_mode(tmp_path: Path, mode: int, umask: int) -> None:
    """The file holds what was given and has the mode asked for, whatever the umask."""
    before = os.umask(umask)
    try:
        write_whole(tmp_path / "file", b"content", mode=mode)
    finally:
        os.umask(before)
    assert ((tmp_path / "file").read_bytes(), _mode(tmp_path / "file")) == (b"content", mode)


def test_it_is_closed_from_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is complete, the file can be read by its owner alone, and is hidden."""
    seen: list[tuple[bool, int]] = []
    chmod = os.fchmod

    def spy(descriptor: int, mode: int) -> None:
        (unfinished,) = tmp_path.iterdir()
        seen.append((unfinished.name.startswith("."), _mode(unfinished)))
        chmod(descriptor, mode)

    monkeypatch.setattr(os, "fchmod", spy)
    write_whole(tmp_path / "file", b"content", mode=0o644)
    assert seen == [(True, 0o600)]


def test_a_file_is_replaced(tmp_path: Path) -> None:
    """An older file of the same name gives way."""
    (tmp_path / "file").write_bytes(b"an older, longer content")
    write_whole(tmp_path / "file", b"new", mode=0o644)
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    """Where the name cannot be had, nothing half-written is left behind."""
    (tmp_path / "file").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "file", b"content", mode=0o644)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_no_link_leads_a_writer_elsewhere(tmp_path: Path) -> None:
    """Whoever may write to the folder cannot have root empty another file by a link in place of the lock."""
    folder, victim = tmp_path / "keys", tmp_path / "victim"
    folder.mkdir()
    victim.write_text("precious")
    (folder / ".lock").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"), alone_in(folder):
        pass
    assert victim.read_text() == "precious"


def test_the_lock_is_its_owners_alone(tmp_path: Path) -> None:
    """Nobody else can hold it, and so keep the keys from being changed."""
    with alone_in(tmp_path / "keys"):
        assert _mode(tmp_path / "keys" / ".lock") == 0o600
