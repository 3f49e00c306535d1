"""`wharfinger registry check`: its command line, and what it prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.main import main


@pytest.mark.parametrize(
    "words",
    [
        ("ftp://registry.example.com",),
        ("https://user:password@registry.example.com",),
        ("https://registry.example.com/?x",),
        ("registry.example.com", "--username", "alice"),
        ("registry.example.com", "--password-stdin"),
    ],
)
def test_a_command_line_that_cannot_be_meant(config: Path, words: tuple[str, ...]) -> None:
    """Exit code 2, and nothing is asked of anybody."""
    done = CliRunner().invoke(main, ["registry", "check", *words, "--config", str(config)])
    assert done.exit_code == 2, done.output
