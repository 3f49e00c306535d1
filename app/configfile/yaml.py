"""A YAML 1.2 document whose every key and value knows its line and column; `tree.py` says what is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from app import files
from app.configfile import syntax
from app.configfile.marks import Location, Marks, Place
from app.configfile.tree import TreeBuilder
from app.errors import ConfigurationError, Position, Problem


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file.

    Attributes:
        file: As problems name it.
        data: Mappings, lists and scalars as Python has them; passwords may be among them, so it is not shown.
        marks: Line and column, from 1, of every value, by the keys and indexes that lead to it.
        key_marks: The same of every key.
        gaps: Where values stand that were refused, or of which a part was.
    """

    file: str
    data: object = field(repr=False)
    marks: Marks = field(repr=False)
    key_marks: Marks = field(repr=False)
    gaps: frozenset[Place] = frozenset()

    def is_gap(self, position: Position) -> bool:
        """Whether what is wrong at a position may follow from what was refused there."""
        return position.file == self.file and (position.line, position.column) in self.gaps

    def value(self, location: Location) -> object:
        """Return the value at a location that is in `marks`."""
        value: Any = self.data
        for part in location:
            value = value[part]
        return value

    def problem(self, location: Location, text: str, hint: str = "", *, key: bool = False) -> Problem:
        """Make a problem that stands at a value (or at its key), or at the nearest place that exists."""
        return Problem(self.position(location, key=key), text, hint)

    def position(self, location: Location, *, key: bool = False) -> Position:
        """Return where a value (or its key) stands, or the nearest place that exists."""
        if key and location in self.key_marks:
            return Position(self.file, *self.key_marks[location])
        while True:
            try:
                return Position(self.file, *self.marks[location])
            except KeyError:
                location = location[:-1]


def read_text(path: Path) -> str:
    """Read a regular file as text.

    Raises:
        ConfigurationError: It cannot be read, or is not UTF-8.
    """
    try:
        return files.read(path).decode()
    except UnicodeDecodeError as error:
        position = Position(str(path), *syntax.place_of(error.object[: error.start]))
        raise ConfigurationError([Problem(position, "not UTF-8 text", "save it as UTF-8")]) from error
    except OSError as error:
        raise ConfigurationError([Problem.of_file(path, f"cannot be read: {error.strerror}")]) from error
    except ValueError as error:  # a NUL in the path
        problem = Problem.of_file(repr(str(path)), "cannot be read: no such file")
        raise ConfigurationError([problem]) from error


def read(path: Path) -> Document:
    """Read and parse a file.

    Raises:
        ConfigurationError: It cannot be read, or is not one YAML document of the strict kind.
    """
    return parse(read_text(path), str(path))


def parse(text: str, file: str) -> Document:
    """Parse a text.

    Raises:
        ConfigurationError: It is not one YAML document of the strict kind.
    """
    document, problems = examine(text, file)
    if problems:
        raise ConfigurationError(problems)
    return document


def examine(text: str, file: str) -> tuple[Document, tuple[Problem, ...]]:
    """Parse a text for one who reports what is wrong with it, and has more to say about what can be read.

    Returns:
        The document, and what the strict kind does not have: where that is anything, the document must not
        be used, for it says less than the file does.

    Raises:
        ConfigurationError: It is no YAML document at all.
    """
    builder = TreeBuilder(text, file)
    try:
        data, places = builder.document()
    except yaml.YAMLError as error:
        raise ConfigurationError([syntax.problem(error, text, file)]) from error
    finally:
        builder.close()
    document = Document(file, data, Marks(places), Marks(places, of_keys=True), frozenset(builder.gaps))
    return document, tuple(builder.problems)
