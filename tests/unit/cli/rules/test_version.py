"""`wharfinger rules version`."""

from __future__ import annotations

import hashlib
from pathlib import Path

from click.testing import CliRunner, Result

from app.cli.main import main

TEXT = "version: 1\nrules: []\n"


def _version(path: Path) -> Result:
    return CliRunner().invoke(main, ["rules", "version", str(path)])


def test_a_copy_has_the_version_of_the_original(tmp_path: Path) -> None:
    """As `git show REV:rules.yaml > other.yaml` makes one; it is what `sha256sum` begins with."""
    for name in ("rules.yaml", "other.yaml"):
        (tmp_path / name).write_text(TEXT)
    expected = hashlib.sha256(TEXT.encode()).hexdigest()[:16]
    assert {_version(tmp_path / name).output for name in ("rules.yaml", "other.yaml")} == {f"{expected}\n"}


def test_what_cannot_be_read_has_none(tmp_path: Path) -> None:
    """Neither a path of nothing nor a folder of which a file cannot be read."""
    (tmp_path / "good.yaml").write_text(TEXT)
    (tmp_path / "gone.yaml").symlink_to("nowhere")
    for path in (tmp_path / "missing", tmp_path):
        result = _version(path)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "cannot be read" in result.stderr
