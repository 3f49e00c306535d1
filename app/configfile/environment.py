"""What stands over a configuration file: environment variables, and the files of a secrets folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource, NestedSecretsSettingsSource

from app.configfile.marks import Location
from app.configfile.yaml import Document
from app.errors import ConfigurationError, Problem

DELIMITER = "__"


class EnvironmentSource(EnvSettingsSource):
    """Reads environment variables; what is no JSON where that is needed is left to the validation."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """Read a list or mapping, which a variable writes as JSON."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


class SecretsSource(NestedSecretsSettingsSource):
    """Reads the files of a secrets folder; what is no JSON is left to the validation likewise."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """Read a list or mapping, which a file of the folder writes as JSON."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


@dataclass(frozen=True, slots=True)
class Overrides:
    """Which variables and secret files there are, so that a problem can name the one that it came from.

    Attributes:
        prefix: What their names begin with.
        named: By name in upper case, how a problem calls it; a secret file stands over a variable.
    """

    prefix: str
    named: Mapping[str, str]

    @classmethod
    def find(cls, prefix: str, environment: Mapping[str, str], secrets: Path | None) -> Overrides:
        """List the variables and files whose names begin with a prefix.

        Raises:
            ConfigurationError: The secrets folder, or a file of ours in it, cannot be read.
        """
        named = {name.upper(): f"environment variable {name}" for name in sorted(environment)}
        if secrets is not None:
            named |= {file.name.upper(): f"secret file {file}" for file in _files(secrets, prefix)}
        return cls(prefix, {name: how for name, how in named.items() if name.startswith(prefix)})

    def unknown(self, known: Iterable[str]) -> Iterator[Problem]:
        """Report names that begin as no setting does: pydantic-settings would pass them over."""
        sections = {name.upper() for name in known}
        for name, how in self.named.items():
            section = name.removeprefix(self.prefix).split(DELIMITER)[0]
            if section not in sections:
                hint = f"known here: {', '.join(self.prefix + known for known in sorted(sections))}"
                yield Problem.of_file(how, "there is no such setting", hint)

    def source(self, location: Location, document: Document) -> str | None:
        """Name what a value came from, or what called for it; None where that is the file."""
        name = self._name(location)
        if name in self.named or location in document.marks:
            return self.named.get(name)
        for length in range(len(location) - 1, 0, -1):
            if location[:length] in document.marks:
                return None
            outer = self._name(location[:length])
            for known, how in self.named.items():
                if known == outer or known.startswith(outer + DELIMITER):
                    return how
        return None

    def _name(self, location: Location) -> str:
        return (self.prefix + DELIMITER.join(map(str, location))).upper()


def _files(folder: Path, prefix: str) -> list[Path]:
    """List the files of ours in a secrets folder.

    Raises:
        ConfigurationError: The folder cannot be read, or one of them is not UTF-8.
    """
    try:
        files = sorted(file for file in folder.iterdir() if file.name.upper().startswith(prefix))
    except OSError as error:
        problem = Problem.of_file(f"secrets folder {folder}", f"cannot be read: {error.strerror}")
        raise ConfigurationError([problem]) from error
    problems = []
    for file in files:
        try:
            file.read_text(encoding="utf-8")
        except OSError as error:
            problems.append(Problem.of_file(f"secret file {file}", f"cannot be read: {error.strerror}"))
        except UnicodeDecodeError:
            problems.append(Problem.of_file(f"secret file {file}", "not UTF-8 text", "save it as UTF-8"))
    if problems:
        raise ConfigurationError(problems)
    return files
