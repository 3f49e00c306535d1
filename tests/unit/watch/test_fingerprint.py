"""Whether files changed, by their names and content."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from app.watch.fingerprint import Fingerprint
from tests.unit.watch.given import Text


def test_one_time_stamp_may_hide_a_change(text: Text) -> None:
    """A change of the same length that bears the stamps of the content before it is seen."""
    look = Fingerprint(lambda: [text.path])
    before = look()
    stamps = text.path.stat()
    text.path.write_text("two")
    os.utime(text.path, ns=(stamps.st_atime_ns, stamps.st_mtime_ns))
    assert look() != before


def test_an_old_file_is_not_read_again_and_again(text: Text) -> None:
    """The stamps of a file that has long been at rest are trusted, for a minute at the most."""
    now = time.time() + 10
    look = Fingerprint(lambda: [text.path], lambda: now)
    before = look()
    stamps = text.path.stat()
    text.path.write_text("two")
    os.utime(text.path, ns=(stamps.st_atime_ns, stamps.st_mtime_ns))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "stat", lambda _: stamps)
        assert look() == before
        now += 61
        assert look() != before


@pytest.mark.parametrize("how", ["rename-over", "swap of a link"])
def test_every_way_to_change_a_file_is_seen(tmp_path: Path, how: str) -> None:
    """An editor's rename, and the swap of a link that a ConfigMap makes, change the fingerprint."""
    for name, content in (("1", "a"), ("2", "b")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rules.yaml").write_text(content)
    (tmp_path / "..data").symlink_to("1")
    path = tmp_path / "rules.yaml"
    path.symlink_to("..data/rules.yaml")
    look = Fingerprint(lambda: [path])
    before = look()
    if how == "rename-over":
        (tmp_path / "2" / "rules.yaml").replace(path)
    else:
        (tmp_path / "..new").symlink_to("2")
        (tmp_path / "..new").replace(tmp_path / "..data")
    assert look() != before
