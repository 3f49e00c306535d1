"""Which variable or secret file a setting came from."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from app.configfile import yaml
from app.configfile.environment import Overrides
from app.errors import ConfigurationError

PREFIX = "WHARFINGER__"


class Known(BaseModel):
    """A file of two sections."""

    server: dict[str, int] = {}
    log: dict[str, int] = {}


DOCUMENT = yaml.parse("server: {threads: 1}\nrealms: {demo: {issuer: x}}\n", "f")


def _overrides(*names: str, secrets: Path | None = None) -> Overrides:
    return Overrides.find(PREFIX, dict.fromkeys(names, ""), secrets)


def test_a_value_of_the_file_has_no_other_source() -> None:
    """Without a variable of its name, a value is the file's."""
    overrides = _overrides("WHARFINGER__SERVER__BIND", "WHARFINGER_CONFIG", "PATH")
    assert overrides.source(("server", "threads"), DOCUMENT) is None
    assert overrides.source(("realms", "demo", "keys"), DOCUMENT) is None


@pytest.mark.parametrize("name", ["WHARFINGER__SERVER__THREADS", "wharfinger__server__threads"])
def test_a_variable_of_its_name(name: str) -> None:
    """A variable stands over the file, in whatever case; it is named as it is written."""
    assert _overrides(name).source(("server", "threads"), DOCUMENT) == f"environment variable {name}"


def test_a_variable_that_holds_it() -> None:
    """A value that a variable holds within a mapping is that variable's."""
    overrides = _overrides("WHARFINGER__AUDIT")
    assert overrides.source(("audit", "to"), DOCUMENT) == "environment variable WHARFINGER__AUDIT"


def test_a_variable_that_called_for_it() -> None:
    """What is missing of a section that only a variable mentions is that variable's fault."""
    overrides = _overrides("WHARFINGER__REALMS__DEMOO__ISSUER")
    source = overrides.source(("realms", "demoo", "keys"), DOCUMENT)
    assert source == "environment variable WHARFINGER__REALMS__DEMOO__ISSUER"


def test_a_secret_file_stands_over_a_variable(tmp_path: Path) -> None:
    """Where both are there, the file counts and is named."""
    file = tmp_path / "WHARFINGER__SERVER__THREADS"
    file.write_text("2")
    overrides = _overrides("WHARFINGER__SERVER__THREADS", secrets=tmp_path)
    assert overrides.source(("server", "threads"), DOCUMENT) == f"secret file {file}"


def test_other_files_of_the_folder_are_passed_over(tmp_path: Path) -> None:
    """A secrets folder may hold what is not for us, readable or not."""
    (tmp_path / "ca.pem").write_bytes(b"\xff")
    (tmp_path / "..data").mkdir()
    assert _overrides(secrets=tmp_path).named == {}


def test_a_secret_file_that_cannot_be_read(tmp_path: Path) -> None:
    """Ours are read: a folder in a file's place and octets that are no text are problems, all at once."""
    (tmp_path / "WHARFINGER__A").mkdir()
    (tmp_path / "WHARFINGER__B").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError) as caught:
        _overrides(secrets=tmp_path)
    assert [problem.text for problem in caught.value.problems] == [
        "cannot be read: Is a directory",
        "not UTF-8 text",
    ]


def test_no_secrets_folder(tmp_path: Path) -> None:
    """A folder that is named and not there is an error: its secrets would be missed."""
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        _overrides(secrets=tmp_path / "missing")


def test_names_of_no_setting() -> None:
    """A variable with our prefix that begins as no setting does is a typo."""
    problems = list(
        _overrides("WHARFINGER__SERVR__BIND", "WHARFINGER__SERVER__THREADS").unknown(Known, DOCUMENT)
    )
    [problem] = problems
    assert problem.position.file == "environment variable WHARFINGER__SERVR__BIND"
    assert problem.text == "there is no such setting"
    assert problem.hint == "known here: WHARFINGER__LOG, WHARFINGER__SERVER"
