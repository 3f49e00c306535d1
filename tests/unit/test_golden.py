"""The error texts of rules and configuration files, as data in `tests/golden`: a NAME.yaml, its NAME.txt.

A folder of rules files is a case too.
Texts that changed on purpose are written anew by `UPDATE_GOLDEN=1 pytest tests/unit/test_golden.py`; read the
difference as the person would who sees it at a terminal. A configuration may begin with comments that set
variables (`# environment: NAME=value`) and files of a secrets folder (`# secret: NAME=value`).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import settings
from app.errors import ConfigurationError
from app.rules.file import load
from tests.support.tools import REPOSITORY

FOLDER = REPOSITORY / "tests" / "golden"
UPDATES = bool(os.environ.get("UPDATE_GOLDEN"))
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)

_SETS = re.compile(r"^# (environment|secret): ([^=\n]+)=(.*)$", re.MULTILINE)
_JARGON = re.compile(
    r"(?i:pydantic|input should|value error|constrained|function-|traceback|exception|<class|_type\b)"
    r"|\bdict\b|\btuple\b|\bNone\b|\bTrue\b|\bFalse\b"
)


def _cases(kind: str) -> list[Path]:
    return sorted(path for path in (FOLDER / kind).iterdir() if path.suffix == ".yaml" or path.is_dir())


def _names(path: Path) -> str:
    return path.stem


def _problems(read: Callable[[], object], folder: Path) -> str:
    """Return the problems as they are printed, without the folders of this run."""
    with pytest.raises(ConfigurationError) as caught:
        read()
    return "".join(f"{problem}\n" for problem in caught.value.problems).replace(f"{folder}/", "")


def _check(case: Path, text: str) -> None:
    expected = case.with_suffix(".txt")
    if UPDATES:
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", _cases("rules"), ids=_names)
def test_rules(case: Path) -> None:
    """Each rules file has exactly the problems that are written beside it."""
    _check(case, _problems(lambda: load.load(case, NOW), case.parent))


@pytest.mark.parametrize("case", _cases("config"), ids=_names)
def test_configuration(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each configuration file, under its environment, has exactly the problems that are written beside it."""
    monkeypatch.delenv(settings.SECRETS_VARIABLE, raising=False)
    for kind, name, value in _SETS.findall(case.read_text(encoding="utf-8")):
        if kind == "environment":
            monkeypatch.setenv(name, value)
        else:
            (tmp_path / name).write_text(value, encoding="utf-8")
            monkeypatch.setenv(settings.SECRETS_VARIABLE, str(tmp_path))
    copy = shutil.copy(case, tmp_path)
    _check(case, _problems(lambda: settings.load(Path(copy)), tmp_path))


@pytest.mark.parametrize("kind", ["rules", "config"])
def test_every_text_has_its_file(kind: str) -> None:
    """No text is left over from a file that is gone."""
    assert {path.stem for path in (FOLDER / kind).glob("*.txt")} == {path.stem for path in _cases(kind)}


@pytest.mark.parametrize("text", sorted(FOLDER.glob("*/*.txt")), ids=_names)
def test_texts_are_for_people(text: Path) -> None:
    """Every problem is one line that names its place, in words of the file and not of the program."""
    for line in text.read_text(encoding="utf-8").splitlines():
        assert re.match(
            r"[a-z0-9-/]+\.yaml(:[1-9][0-9]*:[1-9][0-9]*)?: |environment variable |secret(s folder| file) ",
            line,
        )
        assert not _JARGON.search(line)


@pytest.mark.parametrize("text", sorted(FOLDER.glob("*/*.txt")), ids=_names)
def test_texts_hold_no_secret(text: Path) -> None:
    """The secrets of the files are `hunter2`, and no problem repeats one."""
    assert "hunter" not in text.read_text(encoding="utf-8")
