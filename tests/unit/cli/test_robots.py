"""`wharfinger robots new`."""

from __future__ import annotations

import os
import pty
import re
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.main import main
from app.login.login import Login
from app.login.robots import RobotLogin, hashed, make_secret
from app.protocol.credentials import Credentials
from app.protocol.secret import Secret
from app.rules.file import load
from app.rules.persona import Persona
from app.rules.robot_names import RobotNames
from tests.support.records import client
from tests.support.tools import REPOSITORY

NOW = datetime(2026, 1, 31, tzinfo=UTC)
SHAPE = re.compile(r"whb_[A-Za-z0-9_-]{43}")


def _new(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["robots", "new", *arguments])


def test_the_secret_logs_the_robot_in(tmp_path: Path) -> None:
    """The printed lines are what the rules file takes, and the secret is the robot's."""
    file = tmp_path / "secret"
    made = _new(
        "ci-web", "--groups", "team-web,O'Brien", "--groups", "cn=a,dc=x", "--expires", "2099-12-31",
        "--networks", "10.30.0.0/16,2001:db8::/32", "--secret-file", str(file),
    )  # fmt: skip
    assert made.exit_code == 0
    rules = tmp_path / "rules.yaml"
    rules.write_text(f"version: 1\nrobots:\n{made.stdout}")
    robot = load.load(rules, NOW).robots["ci-web"]
    assert [group.name for group in robot.groups] == ["team-web", "o'brien", "a"]
    credentials = Credentials("robot$ci-web", Secret(file.read_text()))
    login = Login((RobotLogin(RobotNames()),))
    subject = login.authenticate(credentials, {robot.name: robot}, client("10.30.0.1"), NOW)
    assert isinstance(subject, Persona)


def test_the_secret_is_in_its_file_alone(tmp_path: Path) -> None:
    """Readable by its owner, without an end of line, and printed nowhere."""
    file = tmp_path / "secret"
    made = _new("ci", "--secret-file", str(file))
    assert SHAPE.fullmatch(file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not SHAPE.search(made.output)
    assert f"Wrote the secret of robot$ci to {file}" in made.stderr


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    """A secret in use is not overwritten, nor does a link lead somewhere else."""
    file, link = tmp_path / "secret", tmp_path / "link"
    file.write_text("old")
    link.symlink_to(tmp_path / "elsewhere")
    for path in (file, link):
        made = _new("ci", "--secret-file", str(path))
        assert made.exit_code == 1
        assert "cannot be written: File exists" in made.stderr
        assert made.stdout == ""
    assert file.read_text() == "old"


def test_a_pipe_gets_the_secret_alone() -> None:
    """With `-` standard output is the secret, and the lines for the file stand apart from it."""
    made = _new("ci", "--secret-file", "-")
    assert SHAPE.fullmatch(made.stdout)
    assert hashed(made.stdout) in made.stderr
    assert made.stdout not in made.stderr


def test_a_log_does_not_get_the_secret() -> None:
    """Where standard error is no terminal, none is made."""
    made = _new("ci")
    assert made.exit_code == 2
    assert "--secret-file" in made.output
    assert "sha256:" not in made.output


def test_a_terminal_shows_the_secret_while_the_lines_go_to_a_file(tmp_path: Path) -> None:
    """`robots new ci >> rules.yaml` adds the hash to the file, and never the secret."""
    shown, terminal = pty.openpty()
    file = tmp_path / "rules.yaml"
    with file.open("w") as out:
        command = [sys.executable, "-m", "app", "robots", "new", "ci"]
        subprocess.run(command, stdout=out, stderr=terminal, cwd=REPOSITORY, check=True)
    os.close(terminal)
    text = os.read(shown, 10_000).decode()
    os.close(shown)
    found = SHAPE.search(text)
    assert found is not None
    assert found.group() not in file.read_text()
    assert hashed(found.group()) in file.read_text()


def test_each_secret_is_another() -> None:
    """And carries 256 random bits."""
    asked: list[int] = []

    def random_text(count: int) -> str:
        asked.append(count)
        return f"x{len(asked)}"

    assert [make_secret(random_text), make_secret(random_text)] == ["whb_x1", "whb_x2"]
    assert asked == [32, 32]
    assert _new("ci", "--secret-file", "-").stdout != _new("ci", "--secret-file", "-").stdout


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["CI"], "'CI' cannot be a name here"),
        (["robot$ci"], "which only a login has (write ci)"),
        (["ci", "--groups", "cn=a,"], "is no group"),
        (["ci", "--groups", "a,,b"], "is no group"),
        (["ci", "--expires", "2026-02-30"], "is in no calendar"),
        (["ci", "--expires", "2020-01-01"], "is over"),
        (["ci", "--networks", "10.0.0.1/8"], "write 10.0.0.0/8"),
    ],
)
def test_what_the_rules_file_would_not_take_is_refused(arguments: list[str], text: str) -> None:
    """Before a secret is made."""
    made = _new(*arguments, "--secret-file", "-")
    assert made.exit_code == 2
    assert text in " ".join(made.output.split())
    assert "whb_" not in made.output
