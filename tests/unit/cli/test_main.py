"""The command line as such."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from app import __version__
from app.cli.main import main


def test_help_names_every_command() -> None:
    """With a summary each, that is the first line of the command's own help."""
    runner = CliRunner()
    text = runner.invoke(main, ["--help"]).output
    for name in main.list_commands(None):  # type: ignore[arg-type]  # the names do not depend on it
        own = " ".join(runner.invoke(main, [name, "--help"]).output.split())
        (summary,) = [line for line in text.splitlines() if line.strip().startswith(f"{name} ")]
        assert summary.split(maxsplit=1)[1].split("  ")[-1].split(".")[0] in own


def test_help_is_quick() -> None:
    """It imports neither the web nor LDAP nor the settings."""
    code = "import sys, app.cli.main; print([n for n in ('flask', 'ldap3', 'pydantic') if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_version_is_the_packages() -> None:
    """`--version` names the program and the version."""
    assert CliRunner().invoke(main, ["--version"]).output.strip() == f"wharfinger, version {__version__}"


def test_an_unknown_command_is_a_mistake_of_the_command_line() -> None:
    """Exit code 2."""
    assert CliRunner().invoke(main, ["nonsense"]).exit_code == 2


@pytest.mark.parametrize("command", [["serve"], ["check-config"], ["keys", "new"], ["keys", "publish", "x"]])
def test_a_command_without_a_configuration_says_how_to_name_one(command: list[str]) -> None:
    """The option and the environment variable are both named."""
    result = CliRunner().invoke(main, command, env={"WHARFINGER_CONFIG": None})
    assert result.exit_code == 2
    assert "--config" in result.output
    assert "WHARFINGER_CONFIG" in result.output


def test_the_environment_names_the_configuration(tmp_path: Path) -> None:
    """WHARFINGER_CONFIG is used where --config is not."""
    result = CliRunner().invoke(
        main, ["check-config"], env={"WHARFINGER_CONFIG": str(tmp_path / "none.yaml")}
    )
    assert result.exit_code == 1
    assert "none.yaml: cannot be read: No such file or directory" in result.output
