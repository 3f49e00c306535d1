"""The `keys` commands at a time that the test says."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.keys import realm
from tests.unit.cli.keys.commands import Commands


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Return the `keys` commands in the test's folder, at a time that only the test moves."""
    folder = tmp_path / "etc"
    folder.mkdir()
    found = Commands(folder)
    monkeypatch.setattr(realm, "now", lambda: found.now)
    return found
