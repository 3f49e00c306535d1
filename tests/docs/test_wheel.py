"""`make wheel`: the wheel, and what it needs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.commands import run
from tests.support.tools import REPOSITORY

_LOCKED = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\\\]+)", re.MULTILINE)


@pytest.mark.slow
def test_the_bill_of_materials_is_the_lock(tmp_path: Path) -> None:
    """Beside the wheel lies a CycloneDX file with each locked package and its version."""
    run("make", "wheel", f"DIST={tmp_path}", cwd=REPOSITORY, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    parts = json.loads((tmp_path / "wharfinger.cdx.json").read_text())
    assert parts["bomFormat"] == "CycloneDX"
    assert wheel.name.startswith(f"{parts['metadata']['component']['name']}-")
    locked = dict(_LOCKED.findall((REPOSITORY / "requirements" / "runtime.txt").read_text()))
    assert {each["name"]: each["version"] for each in parts["components"]} == locked
