"""Root changes keys for the user of the server: what it makes is theirs, and they must be able to read it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.main import main
from app.keys import keyring
from app.keys.reader import Reader
from tests.unit.cli.keys.commands import Commands

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files for others")

_SERVER, _GROUP = 54321, 54322


@pytest.fixture
def theirs(commands: Commands) -> Commands:
    """Return commands before a folder for keys that belongs to the server's user."""
    commands.keys.parent.mkdir()
    os.chown(commands.keys.parent, _SERVER, _GROUP)
    return commands


def _owners(folder: Path) -> set[tuple[int, int]]:
    return {(path.stat().st_uid, path.stat().st_gid) for path in (folder, *folder.iterdir())}


def test_a_rotation_by_root(theirs: Commands) -> None:
    """After each step everything in the folder, the lock too, is the server's, and can be read by it."""
    theirs.good("new")
    server = Reader(_SERVER, frozenset({_GROUP}))
    for words in (("rotate",), ("rotate", "--registries-ready"), ("rotate",)):
        theirs.later(hours=1)
        theirs.good(*words)
        assert _owners(theirs.keys) == {(_SERVER, _GROUP)}
        keyring.load(theirs.keys, server)


def test_a_key_that_the_server_cannot_read(theirs: Commands) -> None:
    """Root could; the commands and check-config say that the owner of the folder cannot, and whose it is."""
    theirs.good("new")
    (key,) = theirs.keys.glob("*.pem")
    os.chown(key, 0, 0)
    text = f"{key}: belongs to root, and cannot be read by uid {_SERVER}, who owns the folder"
    assert text in theirs.bad("list")
    assert text in theirs.bad("rotate")
    checked = CliRunner().invoke(main, ["check-config", "--config", str(theirs.config)])
    assert (checked.exit_code, text in checked.output) == (1, True)
    os.chown(key, _SERVER, _GROUP)
    assert text not in theirs.good("list")


def test_a_key_that_root_gave_to_the_group_of_the_server(theirs: Commands) -> None:
    """As Kubernetes does: the server can read it, and nobody else, so root finds nothing wrong either."""
    theirs.good("new")
    (key,) = theirs.keys.glob("*.pem")
    os.chown(key, 0, _GROUP)
    key.chmod(0o440)
    theirs.good("list")


def test_somebody_else_is_refused(theirs: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server could not read their keys: they are told as whom to run the command, and nothing is made."""
    theirs.good("new")
    before = set(theirs.keys.iterdir())
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: 12345)
        said = theirs.bad("new", "--state", "announced")
    assert f"belongs to uid {_SERVER}, who could not read what uid 12345 makes here" in said
    assert f"run this as uid {_SERVER}, or as root" in said
    assert set(theirs.keys.iterdir()) == before
