"""Who may have access to the file of a private key, and who has to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.keys.reader import Reader, name_of

_US, _OUR_GROUP, _ROOT = 1001, 2001, 0


def _is_private(mode: int, owner: int = _US, group: int = _OUR_GROUP, *, uid: int = _US) -> bool:
    status = os.stat_result((0o100000 | mode, 0, 0, 1, owner, group, 0, 0, 0, 0))
    return not Reader(uid, frozenset({uid, _OUR_GROUP})).shares(status)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_for_its_owner_alone(mode: int) -> None:
    """Whoever that is."""
    assert _is_private(mode)
    assert _is_private(mode, owner=_ROOT)


def test_a_secret_with_fs_group() -> None:
    """Kubernetes gives a secret to a pod by its group: owned by root, readable by the group."""
    assert _is_private(0o440, owner=_ROOT)
    assert _is_private(0o640, owner=_ROOT)


@pytest.mark.parametrize(
    ("mode", "owner", "group"),
    [
        (0o640, _US, _OUR_GROUP),
        (0o440, 1002, _OUR_GROUP),
        (0o440, _ROOT, 2002),
        (0o444, _ROOT, _OUR_GROUP),
        (0o460, _ROOT, _OUR_GROUP),
        (0o450, _ROOT, _OUR_GROUP),
        (0o604, _US, _OUR_GROUP),
        (0o601, _US, _OUR_GROUP),
        (0o660, _US, _OUR_GROUP),
    ],
)
def test_a_file_for_others(mode: int, owner: int, group: int) -> None:
    """A key of our own is for no group; one of root's only to be read, and only by a group of ours."""
    assert not _is_private(mode, owner, group)


def test_root_needs_no_group() -> None:
    """A server that runs as root owns what root owns."""
    assert not _is_private(0o440, owner=_ROOT, group=_OUR_GROUP, uid=_ROOT)


@pytest.mark.parametrize(
    ("mode", "owner", "group", "readable"),
    [
        (0o600, _US, 1, True),
        (0o200, _US, 1, False),
        (0o077, _US, 1, False),
        (0o640, _ROOT, _OUR_GROUP, True),
        (0o604, _ROOT, _OUR_GROUP, False),
        (0o604, _ROOT, 1, True),
        (0o600, _ROOT, _OUR_GROUP, False),
    ],
)
def test_who_can_read_a_file(mode: int, owner: int, group: int, readable: bool) -> None:
    """The first that fits of owner, group and others counts, as the system has it; root reads everything."""
    status = os.stat_result((0o100000 | mode, 0, 0, 1, owner, group, 0, 0, 0, 0))
    assert Reader(_US, frozenset({_OUR_GROUP})).can_read(status) is readable
    assert Reader(_ROOT, frozenset()).can_read(status)


def test_names_of_users() -> None:
    """People read names, where there is one."""
    assert (name_of(0), name_of(54321)) == ("root", "uid 54321")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root asks for somebody else")
def test_root_asks_for_the_owner_of_the_folder(tmp_path: Path) -> None:
    """And for itself in a folder of its own, or in one that is missing."""
    assert Reader.of_owner(tmp_path) == Reader.of_owner(tmp_path / "missing") == Reader.of_process()
    os.chown(tmp_path, _US, _OUR_GROUP)
    assert Reader.of_owner(tmp_path) == Reader(_US, frozenset({_OUR_GROUP}))
