"""The commands of the documentation that ask a directory, against the sample one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import walk
from tests.docs.reading import PAGES, REPOSITORY
from tests.docs.walk import Command
from tests.support.ports import free_port
from tests.support.server import Server, configuration
from tests.support.slapd import Slapd

_ASKS = ("wharfinger rules ", "wharfinger directory ")
_ELSEWHERE = {REPOSITORY / "docs" / "tutorial" / "first-login.md"}
"""Pages whose commands stand in another folder: test_demo.py has them."""
_COMMANDS = [
    pytest.param(command, id=f"{page.stem}: {command.line}")
    for page in PAGES
    if page not in _ELSEWHERE
    for block in walk.blocks(page.read_text(encoding="utf-8"))
    for command in walk.commands(block)
    if command.line.startswith(_ASKS) and "--config" in command.line
]


@pytest.fixture
def folder(slapd: Slapd, tmp_path: Path) -> Path:
    """Return the folder of a reader whose configuration names the sample directory."""
    return Server(tmp_path / "reader", configuration(free_port(), slapd)).folder


@pytest.mark.parametrize("command", _COMMANDS)
def test_a_command_that_asks_the_directory_has_an_answer(command: Command, folder: Path) -> None:
    """It is no mistake, and it prints what stands below it, where something does."""
    status, printed = walk.run(command, folder)
    assert status in (0, 1), printed
    assert printed
    assert not command.answer or walk.agrees(command.answer, printed)


def test_there_are_some() -> None:
    """So that the test above has something to do."""
    assert len(_COMMANDS) > 5
