"""What the documentation shows of rules works as it is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from app.rules.file import load
from app.rules.file.values import parse_time
from app.rules.review.lint.lint import lint
from tests.docs import walk
from tests.docs.reading import DOCS, PAGES, REPOSITORY
from tests.docs.walk import Block, Command

NOW = parse_time(walk.NOW, end_of_day=False)
ELSEWHERE = {DOCS / "tutorial" / "first-login.md"}
"""Pages whose parts of rules files have a test of their own."""
_COMMANDS = "wharfinger (rules|robots|registry|audit) "
_MIGRATIONS = {DOCS / "how-to" / f"migrate-from-{other}.md" for other in ("docker_auth", "keycloak")}
"""Pages that test_registries.py walks through, with the files of the other server."""
_WALKED = [
    page
    for page in PAGES
    if page not in _MIGRATIONS and ("```yaml" in page.read_text() or re.search(_COMMANDS, page.read_text()))
]


def _blocks(page: Path) -> list[Block]:
    return list(walk.blocks(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", _WALKED, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_a_reader_gets_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    """Rules load, their tests pass, nothing warns; commands print what stands below them."""
    walk.prepare(tmp_path)
    for block in _blocks(page):
        if block.mark == "not run":
            continue
        written = walk.write(block, tmp_path)
        if written is not None and block.text.startswith("version:") and block.mark != "file":
            rules = load.written(written)
            assert load.load(written, NOW)
            assert [str(finding.problem()) for finding in lint(rules, NOW)] == []
        for command in walk.commands(block):
            if command.needs_no_configuration:
                _run(command, tmp_path)


def _run(command: Command, folder: Path) -> None:
    code, printed = walk.run(command, folder)
    if command.answer:
        assert walk.agrees(command.answer, printed), f"{command.line}\n{printed}"
    else:
        assert code == 0, f"{command.line}\n{printed}"


@pytest.mark.parametrize("page", _WALKED, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_parts_of_rules_files_are_shown_whole(page: Path) -> None:
    """A block with rules in it is a file, so that it can be tried."""
    if page not in ELSEWHERE:
        shown = [block for block in _blocks(page) if block.language == "yaml" and not block.mark]
        parts = [block.text for block in shown if _is_part(block.text)]
        assert parts == []


def _is_part(text: str) -> bool:
    """Whether a block is rules, robots or tests without the file around them."""
    data = yaml.safe_load(text)
    if isinstance(data, dict):
        return "version" not in data and bool(
            {"robots", "tests"} & data.keys() or isinstance(data.get("rules"), list)
        )
    return isinstance(data, list)
