"""What is wrong with a text that is no YAML, in the words of the person who wrote it."""

from __future__ import annotations

import re

import yaml
from yaml.reader import ReaderError

from app.errors import Position, Problem

_CONFLICT = re.compile(r"^(?:<{7} |>{7} )", re.MULTILINE)
_CLOSE = "check the indentation, and that every [, { and quote is closed"
_WORDS = (
    (
        "cannot start any token",
        "text begins with a character that YAML keeps for itself",
        "put quotes around text that begins with @, ` or %",
    ),
    (
        "mapping values are not allowed",
        "a ': ' where none can be",
        "put quotes around text that has ': ' in it, a blank behind '-' and ':', and check the indentation",
    ),
    (
        "block sequence entries are not allowed",
        "a list begins in the line of its key",
        "begin it on the line below",
    ),
    (
        "expected node content",
        "a value begins with a character that YAML keeps for itself",
        "put quotes around text that begins with a special character",
    ),
    (
        "expected alphabetic or numeric character",
        "a value begins with * or &, which YAML keeps for itself",
        "put quotes around it",
    ),
    (
        "unexpected non-alphabetical character",
        "a line begins with %, which YAML keeps for itself",
        "put quotes around it",
    ),
    (
        "expected key",
        "this does not go on as it began",
        "check the indentation, and put quotes around text that begins with {",
    ),
    (
        "found unexpected ':'",
        "a colon inside text",
        "write a blank after the colon, or quotes around text that has one in it",
    ),
    ("unknown escape character", "a backslash inside double quotes", "put single quotes around it"),
    (
        "could not find expected ':'",
        "the line before this is no 'key: value'",
        "write a blank behind its '-' or ':', or check the indentation",
    ),
    ("expected ',' or ']'", "a list is not closed", "write ] behind it, and a comma between its items"),
    ("expected ',' or '}'", "a mapping is not closed", "write } behind it, and a comma between its keys"),
    ("did not find expected", "the indentation does not fit", _CLOSE),
    ("unexpected end of stream", "the file ends inside a quoted text, a list or a mapping", _CLOSE),
)
"""What the parser says, what that means, and what to write instead."""


def problem(error: yaml.YAMLError, source: str, file: str) -> Problem:
    """Say where the parser stopped, what it met there, and what to write instead."""
    conflict = _CONFLICT.search(source)
    if conflict is not None:
        place = place_of(source[: conflict.start()].encode())
        return Problem(Position(file, *place), "an open merge conflict", "settle it, and take the marks out")
    if isinstance(error, ReaderError):
        place = place_of(source.encode()[: error.position])
        text = "not YAML: a control character, which YAML does not have"
        return Problem(Position(file, *place), text, "take it out")
    mark = getattr(error, "problem_mark", None)
    text = getattr(error, "problem", None) or str(error).splitlines()[0]
    position = Position(file, mark.line + 1, mark.column + 1) if mark else Position(file)
    if mark and source[mark.index : mark.index + 1] == "\t":
        return Problem(position, "not YAML: a tab", "indent with blanks")
    if mark and (source.startswith("{", mark.index) or source.endswith("}", 0, mark.index)):
        hint = "put quotes around text that has { in it"
        return Problem(position, "not YAML: a brace in text", hint)
    meant, hint = next(((meant, hint) for words, meant, hint in _WORDS if words in text), (text, ""))
    return Problem(position, f"not YAML: {meant}", hint)


def place_of(before: bytes) -> tuple[int, int]:
    """Return the line and the column of what follows a text."""
    return before.count(b"\n") + 1, len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
