"""Who may have access to the file of a private key."""

from __future__ import annotations

import os

import pytest

from app.keys.read import is_private

_US, _OUR_GROUP, _ROOT = 1001, 2001, 0


def _is_private(mode: int, owner: int = _US, group: int = _OUR_GROUP, *, uid: int = _US) -> bool:
    status = os.stat_result((0o100000 | mode, 0, 0, 1, owner, group, 0, 0, 0, 0))
    return is_private(status, uid, {uid, _OUR_GROUP})


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
