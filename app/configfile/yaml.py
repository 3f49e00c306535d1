"""A YAML 1.2 document whose every key and value knows its line and column.

PyYAML's C parser builds the nodes; scalars get the meanings of YAML 1.2's core schema (§10.3.2: `no` and
`2026-12-31` are strings, `010` is ten). Duplicate keys, aliases and tags are errors: they are ways for a
reviewed file to mean something other than it seems to.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from app.errors import ConfigurationError, Problem

Location = tuple[str | int, ...]
_CORE = "tag:yaml.org,2002:"


class _Loader(yaml.CSafeLoader):
    """The C parser with YAML 1.2's implicit types instead of 1.1's."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as PyYAML's own


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+0123456789."),
    ),
):
    _Loader.add_implicit_resolver(_CORE + _tag, re.compile(f"^(?:{_pattern})$"), _first)

_SCALARS: dict[str, Callable[[str], object]] = {
    _CORE + "str": str,
    _CORE + "null": lambda text: None,  # noqa: ARG005 - every spelling of null is None
    _CORE + "bool": lambda text: text.lower() == "true",
    _CORE + "int": lambda text: int(text, 0) if text[:2] in ("0o", "0x") else int(text),
    _CORE + "float": lambda text: float(text.lower().replace(".inf", "inf").replace(".nan", "nan")),
}


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file.

    Attributes:
        file: As problems name it.
        data: Mappings, lists and scalars as Python has them.
        marks: Line and column, from 1, of every value, by the keys and indexes that lead to it.
        key_marks: The same of every key.
    """

    file: str
    data: object
    marks: dict[Location, tuple[int, int]] = field(repr=False)
    key_marks: dict[Location, tuple[int, int]] = field(repr=False)

    def problem(self, location: Location, text: str, hint: str = "", *, key: bool = False) -> Problem:
        """Make a problem that stands at a value (or at its key), or at the nearest place that exists."""
        marks = self.key_marks if key and location in self.key_marks else self.marks
        while location not in marks and location:
            location = location[:-1]
        line, column = marks.get(location, (1, 1))
        return Problem(self.file, line, column, text, hint)


def read(path: Path) -> Document:
    """Read and parse a file.

    Raises:
        ConfigurationError: It cannot be read, or is not one YAML document of the strict kind.
    """
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ConfigurationError([Problem(str(path), 0, 0, "not UTF-8 text", "save it as UTF-8")]) from error
    except OSError as error:
        raise ConfigurationError([Problem(str(path), 0, 0, f"cannot be read: {error.strerror}")]) from error
    return parse(text, str(path))


def parse(text: str, file: str) -> Document:
    """Parse a text.

    Raises:
        ConfigurationError: It is not one YAML document of the strict kind.
    """
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise ConfigurationError([_syntax_problem(error, file)]) from error
    if root is None:
        raise ConfigurationError([Problem(file, 1, 1, "the file is empty")])
    builder = _Builder(file)
    data = builder.build(root, ())
    if builder.problems:
        raise ConfigurationError(builder.problems)
    return Document(file, data, builder.marks, builder.key_marks)


def _syntax_problem(error: yaml.YAMLError, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    text = getattr(error, "problem", None) or str(error).splitlines()[0]
    hint = ""
    if "cannot start any token" in text:
        hint = "indent with blanks, not tabs, and put quotes around text that begins with a special character"
    elif "mapping values are not allowed" in text:
        hint = "put quotes around text that has ': ' in it, and check the indentation"
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    return Problem(file, line, column, f"not YAML: {text}", hint)


class _Builder:
    """Turns nodes into data and notes where each came from."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.marks: dict[Location, tuple[int, int]] = {}
        self.key_marks: dict[Location, tuple[int, int]] = {}
        self._seen: set[int] = set()

    def build(self, node: yaml.Node, location: Location) -> object:
        self.marks[location] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if id(node) in self._seen:
            self._report(node, "anchors and aliases are not read here", "write the value out")
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, location)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*location, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, object]:
        result: dict[str, object] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._report(
                    key_node, "a key must be plain text", "put quotes around text that begins with { or ["
                )
                continue
            key = str(key_node.value)
            if key in result:
                line = self.key_marks[(*location, key)][0]
                self._report(key_node, f"the key {key!r} stands here twice", f"first on line {line}")
                continue
            self.key_marks[(*location, key)] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            result[key] = self.build(value_node, (*location, key))
        return result

    def _scalar(self, node: yaml.Node) -> object:
        convert = _SCALARS.get(node.tag)
        if convert is None:
            self._report(node, f"the tag {node.tag!r} is not read here", "write the value without a tag")
            return None
        try:
            return convert(node.value)
        except ValueError:
            self._report(
                node, f"{node.value!r} is not of the kind its tag says", "write the value without a tag"
            )
            return None

    def _report(self, node: yaml.Node, text: str, hint: str) -> None:
        mark = node.start_mark
        self.problems.append(Problem(self.file, mark.line + 1, mark.column + 1, text, hint))
