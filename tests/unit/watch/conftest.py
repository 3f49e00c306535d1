"""What the tests of watched files share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.watch.given import Text


@pytest.fixture
def text(tmp_path: Path) -> Text:
    """Return a file that says `one`."""
    path = tmp_path / "rules.yaml"
    path.write_text("one")
    return Text(path)
