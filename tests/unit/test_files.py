"""Files that exist as a whole or not at all, and whose they are."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from app import files


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mode", [0o600, 0o644])
@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_content_and_mode(tmp_path: Path, mode: int, umask: int) -> None:
    """The file holds what was given and has the mode asked for, whatever the umask."""
    before = os.umask(umask)
    try:
        files.replace(tmp_path / "file", b"content", mode=mode)
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
    files.replace(tmp_path / "file", b"content", mode=0o644)
    assert seen == [(True, 0o600)]


def test_a_file_is_replaced(tmp_path: Path) -> None:
    """An older file of the same name gives way."""
    (tmp_path / "file").write_bytes(b"an older, longer content")
    files.replace(tmp_path / "file", b"new", mode=0o644)
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    """Where the name cannot be had, nothing half-written is left behind."""
    (tmp_path / "file").mkdir()
    with pytest.raises(IsADirectoryError):
        files.replace(tmp_path / "file", b"content", mode=0o644)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_no_link_leads_a_writer_elsewhere(tmp_path: Path) -> None:
    """Whoever may write to the folder cannot have root empty another file by a link in place of the lock."""
    folder, victim = tmp_path / "keys", tmp_path / "victim"
    folder.mkdir()
    victim.write_text("precious")
    (folder / ".lock").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"), files.locked(folder):
        pass
    assert victim.read_text() == "precious"


def test_the_lock_is_its_owners_alone(tmp_path: Path) -> None:
    """Nobody else can hold it, and so keep the keys from being changed."""
    (tmp_path / "keys").mkdir()
    with files.locked(tmp_path / "keys"):
        assert _mode(tmp_path / "keys" / ".lock") == 0o600


def test_a_new_file_replaces_none(tmp_path: Path) -> None:
    """What exists stays as it is, and nothing half-written is left behind."""
    files.create(tmp_path / "file", b"first", mode=0o600)
    with pytest.raises(FileExistsError):
        files.create(tmp_path / "file", b"second", mode=0o600)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"first")]
    assert _mode(tmp_path / "file") == 0o600


_as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")
_SOMEBODY, _GROUP = 54321, 54322


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """Return root a folder that belongs to somebody else."""
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o700)
    os.chown(folder, _SOMEBODY, _GROUP)
    return folder


def _owner(path: Path) -> tuple[int, int]:
    status = path.lstat()
    return status.st_uid, status.st_gid


@_as_root
def test_what_root_makes_belongs_to_the_owner_of_the_folder(theirs: Path) -> None:
    """Files, locks and new folders: else the owner could neither read the ones nor hold the others."""
    files.make_folder(theirs / "new", 0o700)
    with files.locked(theirs / "new"):
        files.replace(theirs / "new" / "a", b"", mode=0o600, inherit_owner=True)
        files.create(theirs / "new" / "b", b"", mode=0o600, inherit_owner=True)
    made = [theirs / "new", *(theirs / "new").iterdir()]
    assert {path.name: _owner(path) for path in made} == dict.fromkeys(
        ("new", "a", "b", ".lock"), (_SOMEBODY, _GROUP)
    )


@_as_root
def test_other_files_of_root_stay_roots(theirs: Path) -> None:
    """A secret that root writes into somebody's folder is given to nobody unasked."""
    files.replace(theirs / "file", b"", mode=0o600)
    assert _owner(theirs / "file") == (0, 0)


@_as_root
def test_a_lock_that_exists_keeps_its_owner(theirs: Path) -> None:
    """It may be another file of root's, which the owner of the folder has linked there."""
    precious = theirs.parent / "precious"
    precious.touch(mode=0o600)
    (theirs / ".lock").hardlink_to(precious)
    with files.locked(theirs):
        pass
    assert _owner(precious) == (0, 0)


def test_what_might_never_end_is_not_read(tmp_path: Path) -> None:
    """A pipe that nobody writes to would hang the reader."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="is no regular file"):
        files.read(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"content")
    assert files.read(tmp_path / "file") == b"content"
