"""docs/reference/configuration.md and the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import settings
from app.configfile import PATH_VARIABLE
from app.directory.presets import PRESETS, DirectoryKind
from app.directory.settings import DirectorySettings
from app.settings import Settings
from tests.docs import shapes
from tests.docs.reading import PAGES, blocks, code, reference, tables

_NAMES = {"NAME": "*", "SERVICE": "*"}
_WHOLE = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(blocks(page.read_text(encoding="utf-8"), "yaml"), start=1)
    if "default_realm:" in block
]


def test_every_key_stands_in_the_reference() -> None:
    """Every key of the settings is described, and no other."""
    described = sorted(key.path for key in shapes.of_page(reference("configuration"), _NAMES))
    assert described == sorted(key.path for key in shapes.of_model(Settings))


def test_every_default_is_the_one_in_the_reference() -> None:
    """A default in the reference is what a file gets that does not say otherwise."""
    described = {key.path: key.default for key in shapes.of_page(reference("configuration"), _NAMES)}
    assert described == {key.path: key.default for key in shapes.of_model(Settings)}


@pytest.mark.parametrize("block", _WHOLE)
def test_a_whole_file_loads(block: str, tmp_path: Path) -> None:
    """Every whole configuration file that the documentation shows is one."""
    path = tmp_path / "wharfinger.yaml"
    path.write_text(block, encoding="utf-8")
    assert settings.load(path).default_realm == "corp"


def test_whole_files_are_shown() -> None:
    """The reference and the guide to deploying each show one, so that the test above has something to do."""
    assert {str(each.id).partition("-")[0] for each in _WHOLE} == {"configuration", "deploy"}


def test_every_preset_stands_in_the_reference() -> None:
    """The table of kinds gives what each of them fills in, in every cell."""
    columns = {kind: f"`{kind}`" for kind in DirectoryKind if kind is not DirectoryKind.GENERIC}
    columns[DirectoryKind.OPENLDAP] += ", `generic`"
    (table,) = tables(reference("configuration"), "key", *columns.values())
    defaults = {key.path: key.default for key in shapes.of_model(DirectorySettings)}
    for kind, column in columns.items():
        described = {code(row["key"]): code(row[column]) for row in table.rows}
        declared = {
            f"{section}.{key}": shapes.written(value)
            for section, keys in PRESETS[kind].items()
            for key, value in keys.items()
        }
        assert described == {key: declared.get(key, defaults[key]) for key in described}
        assert declared.keys() <= described.keys()
    assert PRESETS[DirectoryKind.GENERIC] == PRESETS[DirectoryKind.OPENLDAP]


def test_the_variables_stand_in_the_reference() -> None:
    """The environment variables that are no settings are described."""
    text = reference("configuration")
    assert all(f"`{name}`" in text for name in (PATH_VARIABLE, settings.SECRETS_VARIABLE))
