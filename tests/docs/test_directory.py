"""The guides to directories, and the settings of a directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.configfile import yaml
from app.directory.settings import DirectorySettings
from tests.docs.reading import DOCS, blocks

_GUIDES = ("active-directory", "directory-tls", "freeipa", "google-secure-ldap", "openldap")
_BLOCKS = [
    pytest.param(block, id=f"{name}-{number}")
    for name in _GUIDES
    for number, block in enumerate(
        blocks((DOCS / "how-to" / f"{name}.md").read_text(encoding="utf-8"), "yaml"), start=1
    )
]


@pytest.mark.parametrize("block", _BLOCKS)
def test_every_section_that_a_guide_shows_is_one(block: str, tmp_path: Path) -> None:
    """It can be copied into a configuration as it stands."""
    path = tmp_path / "directory.yaml"
    path.write_text(block, encoding="utf-8")
    data = yaml.read(path).data
    assert isinstance(data, dict)
    assert set(data) == {"directory"}
    assert DirectorySettings.model_validate(data["directory"]).servers


def test_every_guide_shows_one() -> None:
    """So that the test above has something to do."""
    assert {str(each.id).rpartition("-")[0] for each in _BLOCKS} == set(_GUIDES)
