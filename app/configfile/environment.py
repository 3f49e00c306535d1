"""What stands over a configuration file: environment variables, and the files of a secrets folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, NestedSecretsSettingsSource

from app.configfile import shape
from app.configfile.marks import Location
from app.configfile.yaml import Document
from app.errors import ConfigurationError, Problem

DELIMITER = "__"


class EnvironmentSource(EnvSettingsSource):
    """Reads environment variables; what is no JSON where that is needed is left to the validation."""

    def __init__(self, settings_cls: type[BaseSettings], document: Mapping[str, Any]) -> None:
        """Read them, to be put over a document."""
        super().__init__(settings_cls)
        self._document = document

    def __call__(self) -> dict[str, Any]:
        """Return what they set, under the names that the document has."""
        return named_as_in(self._document, super().__call__(), self.settings_cls)

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """Read a list or mapping, which a variable writes as JSON."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


class SecretsSource(NestedSecretsSettingsSource):
    """Reads the files of a secrets folder; what is no JSON is left to the validation likewise."""

    def __init__(self, document: Mapping[str, Any], *arguments: Any, **options: Any) -> None:
        """Read them, to be put over a document; the rest is for pydantic-settings."""
        super().__init__(*arguments, **options)
        self._document = document

    def __call__(self) -> dict[str, Any]:
        """Return what they set, under the names that the document has."""
        return named_as_in(self._document, super().__call__(), self.settings_cls)

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """Read a list or mapping, which a file of the folder writes as JSON."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


def named_as_in(document: object, data: dict[str, Any], annotation: Any) -> dict[str, Any]:
    """Rename realms and services in data as a document writes them, upper and lower case alike.

    Names of variables and secret files have no case: what they set would otherwise be another realm, or
    another service, beside the one that is meant.
    """
    known = document if isinstance(document, Mapping) else {}
    fitted = {}
    for name, value in data.items():
        key = name
        if name not in known and shape.is_mapping(annotation):
            key = next((each for each in known if each.lower() == name.lower()), name)
        below = shape.below(annotation, key)
        is_section = isinstance(value, dict) and below is not None
        fitted[key] = named_as_in(known.get(key), value, below) if is_section else value
    return fitted


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
            named |= {file.name.upper(): f"secret file {file}" for file in own_files(secrets, prefix)}
        return cls(prefix, {name: how for name, how in named.items() if name.startswith(prefix)})

    def unknown(self, model: type[BaseModel], document: Document) -> Iterator[Problem]:
        """Yield a problem for each name that is no setting, or is of a realm or service that is not there.

        pydantic-settings would pass over the former, and make another realm or service of the latter.
        """
        sections = {str(name).upper() for name in shape.fields(model)}
        for name, how in self.named.items():
            section, *below = name.removeprefix(self.prefix).split(DELIMITER)
            if section not in sections:
                hint = f"known here: {', '.join(self.prefix + known for known in sorted(sections))}"
                yield Problem.of_file(how, "there is no such setting", hint)
            elif missing := _missing(model, document.data, [section, *below]):
                word, names = missing
                hint = f"the file has: {', '.join(names)}" if names else "write it into the file"
                yield Problem.of_file(how, f"the file has no {word!r} to set anything of", hint)

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


def _missing(annotation: Any, data: Any, parts: Sequence[str]) -> tuple[str, list[str]] | None:
    """Find the first part that should be a name of the document, and is none or might be several.

    Returns:
        That part, and the names that the document has there.
    """
    for part in parts:
        names = list(data) if isinstance(data, Mapping) else []
        if shape.is_mapping(annotation):
            found = [name for name in names if name.lower() == part.lower()]
            if len(found) != 1:
                return part.lower(), names
        else:
            found = [str(key) for key in shape.keys(annotation) if key.lower() == part.lower()]
            if not found:
                return None  # the validation says so
        annotation = shape.below(annotation, found[0])
        data = data.get(found[0]) if isinstance(data, Mapping) else None
    return None


def own_files(folder: Path, prefix: str) -> list[Path]:
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
