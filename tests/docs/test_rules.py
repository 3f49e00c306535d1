"""docs/reference/rules.md and the rules file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.rules.file import load as rules_file
from app.rules.file.schema import RulesFile
from app.rules.review.lint.finding import Name
from tests.docs import shapes
from tests.docs.reading import DOCS, REPOSITORY, blocks, reference, tables

_SAMPLE = REPOSITORY / "deploy" / "demo" / "rules.yaml"
_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_BLOCKS = blocks(reference("rules"), "yaml")


def _load(text: str, folder: Path) -> int:
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return len(rules_file.load(path, _NOW).rules)


def test_every_key_stands_in_the_reference() -> None:
    """Every key of the rules file is described with its default, and no other."""
    described = set(shapes.of_page(reference("rules"), {}))
    assert described == set(shapes.of_model(RulesFile))


def test_the_sample_is_the_sample() -> None:
    """The file that the reference begins with is the one that the demo uses."""
    assert _BLOCKS[0] == _SAMPLE.read_text(encoding="utf-8")


def test_every_warning_stands_in_the_reference() -> None:
    """With what it means, and no other."""
    (table,) = tables(reference("rules"), "warning", "meaning")
    assert sorted(table.codes("warning")) == sorted(Name)


@pytest.mark.parametrize("block", _BLOCKS)
def test_every_file_loads(block: str, tmp_path: Path) -> None:
    """Every file that the reference shows is one, and its tests pass."""
    assert _load(block, tmp_path)


def test_the_file_of_the_readme_loads(tmp_path: Path) -> None:
    """What the README shows of the language is a whole file, and its tests pass."""
    (block,) = blocks((REPOSITORY / "README.md").read_text(encoding="utf-8"), "yaml")
    assert _load(block, tmp_path)


def test_the_change_of_the_tutorial_works(tmp_path: Path) -> None:
    """The tutorial's test fails with the sample's rules, and passes with the rule that the tutorial adds."""
    text = (DOCS / "tutorial" / "first-login.md").read_text(encoding="utf-8")
    test, rule = blocks(text, "yaml")
    rules, robots, rest = _SAMPLE.read_text(encoding="utf-8").partition("\nrobots:\n")
    with pytest.raises(ConfigurationError, match="frontend/hello grants"):
        _load(rules + robots + rest + test, tmp_path)
    assert _load(rules + rule + robots + rest + test, tmp_path)
