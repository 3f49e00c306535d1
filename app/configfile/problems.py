"""What is wrong with a document, in the words of the person who wrote it.

pydantic says where and of which kind; this module says it as `file:line:column: what is wrong (what to write
instead)`. The tables are the whole vocabulary: a kind of error that is not in them speaks pydantic's words.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.configfile import shape
from app.configfile.marks import Location
from app.configfile.tree import shown
from app.configfile.yaml import Document
from app.errors import Problem, UnfitError

_MAPPING = ("a mapping", "write 'key: value', with a blank after the colon")
_LIST = ("a list", "write [one, two], or one item a line with '- ' before it")
STRUCTURES = frozenset({_MAPPING[1], _LIST[1]})
"""The hints for values that an environment variable writes as JSON."""
_TYPES: Mapping[str, tuple[str, str]] = {
    "string_type": ("text", "put quotes around it"),
    "bool_type": ("true or false", ""),
    "bool_parsing": ("true or false", ""),
    "int_type": ("a whole number", ""),
    "int_parsing": ("a whole number", ""),
    "int_parsing_size": ("a whole number of fewer digits", ""),
    "int_from_float": ("a whole number", ""),
    "finite_number": ("a whole number", ""),
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "path_type": ("a path", "put quotes around it"),
    "literal_error": ("{expected}", ""),
    "enum": ("{expected}", ""),
    "greater_than_equal": ("at least {ge}", ""),
    "less_than_equal": ("at most {le}", ""),
    "string_too_long": ("{max_length} characters long at the most", ""),
}
NO_VALUE_HINT = "write one, or take the key out"
_MODEL = frozenset({"model_type", "model_attributes_type"})
_EMPTY = frozenset({"too_short", "string_too_short"})
_UNKNOWN = frozenset({"extra_forbidden", "missing"})
_KEY = "[key]"
_TRUTH = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
"""What is true or false in YAML 1.1, and text in YAML 1.2."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with a document, before it is known which file or variable it came from.

    Attributes:
        location: The keys and indexes that lead to it; of a missing key, that key.
        at_key: Whether the key is meant rather than its value.
    """

    location: Location
    text: str
    hint: str
    at_key: bool = False

    def problem(self, document: Document) -> Problem:
        """Return the problem that stands at its place in a document."""
        return document.problem(self.location, self.text, self.hint, key=self.at_key)


def describe(
    error: ValidationError, document: Document, model: type[BaseModel], *, below: Location = ()
) -> Iterator[Problem]:
    """Yield every problem that a validation found, each at its place in the document; see `violations`."""
    for violation in violations(error, document, model, below=below):
        yield violation.problem(document)


def violations(
    error: ValidationError, document: Document, model: type[BaseModel], *, below: Location = ()
) -> Iterator[Violation]:
    """Yield everything that a validation found; what each branch of a union says is said as one.

    Args:
        error: What the validation raised.
        document: What was validated, or a part of it.
        model: The model of the whole document.
        below: Where the validated part stands.
    """
    grouped: dict[tuple[Location, bool], list[ErrorDetails]] = {}
    for details in error.errors(include_url=False, include_input=False):
        location = (*below, *details["loc"])
        is_branch = (
            details["type"] not in _UNKNOWN and shape.at(model, location) is None and location[-1:] != (_KEY,)
        )
        grouped.setdefault((location[:-1] if is_branch else location, is_branch), []).append(details)
    for (location, _), several in grouped.items():
        kind = several[0]["type"]
        if kind not in _UNKNOWN and location in document.marks and document.value(location) is None:
            hint = "write {} where every default is right" if kind in _MODEL else NO_VALUE_HINT
            yield Violation(location, f"{_name(location)} has no value", hint)
        elif len(several) > 1:
            wanted, hints = zip(*(_wanted(details) for details in several), strict=True)
            hint = next(filter(None, hints), "")
            yield Violation(location, f"{_name(location)} must be {' or '.join(dict.fromkeys(wanted))}", hint)
        else:
            yield _explain(several[0], location, model, document)


def _explain(
    details: ErrorDetails, location: Location, model: type[BaseModel], document: Document
) -> Violation:
    """Say what one error means: what is wrong, and what to write instead."""
    kind, context = details["type"], details.get("ctx", {})
    at_key = kind == "extra_forbidden" or location[-1:] == (_KEY,)
    place = location[:-1] if location[-1:] == (_KEY,) else location
    if isinstance(unfit := context.get("error"), UnfitError):
        return Violation(place, unfit.text, unfit.hint, at_key)
    if kind == "extra_forbidden":
        name = str(location[-1])
        hint = _suggestion(name, shape.keys(shape.at(model, location[:-1])))
        return Violation(place, f"unknown key {shown(name)}", hint, at_key)
    if kind == "missing":
        return Violation(place, f"{_name(location)} is missing", _example(model, location))
    if kind in _EMPTY:
        return Violation(place, f"{_name(location)} must not be empty", "", at_key)
    if kind == "too_long":
        return Violation(place, f"{_name(location)} has more than {context['max_length']} items", "", at_key)
    wanted, hint = _wanted(details)
    hint = _remedy(kind, document.value(location) if location in document.marks else None) or hint
    return Violation(place, f"{_name(location)} must be {wanted}", hint, at_key)


def _remedy(kind: str, value: object) -> str:
    """Say what to write instead of a value of the wrong kind; never repeats a value that may be a secret."""
    match kind, value:
        case "bool_type", str() if value.lower() in _TRUTH:
            return f"write {_TRUTH[value.lower()]}: {value} is text here"
        case "bool_type", 0 | 1:
            return f"write {str(bool(value)).lower()}"
        case "string_type", list():
            return "write one value, without [ ] or '- '"
        case "string_type", dict() if list(value.values()) == [None]:
            return "put quotes around text that begins with {"
        case "string_type", dict():
            return "put quotes around text that has ': ' in it"
    return ""


def _example(model: type[BaseModel], location: Location) -> str:
    """Say how to write a key that is missing, from the example that its model gives."""
    *above, key = location
    fields = map(shape.fields, shape.options(shape.at(model, tuple(above))))
    examples = next((found[key].examples for found in fields if key in found), None)
    return f"write {key}: {examples[0]}" if examples else ""


def _wanted(details: ErrorDetails) -> tuple[str, str]:
    """Say what a value must be, and how to write that."""
    wanted, hint = _TYPES.get(details["type"], (f"otherwise: {details['msg']}", ""))
    return wanted.format_map(details.get("ctx", {})), hint


def _name(location: Location) -> str:
    """Name a value by its key; a list's item by the list's key."""
    names = [part for part in location if isinstance(part, str) and part != _KEY]
    if not names:
        return "the file"
    if location[-1] == _KEY:
        return f"the name {shown(names[-1])}"
    return f"'{names[-1]}'" if isinstance(location[-1], str) else f"an item of '{names[-1]}'"


def _suggestion(name: str, keys: list[str]) -> str:
    word, colon, _ = name.partition(":")
    if colon and word in keys:
        return f"write '{word}: ', with a blank after the colon"
    close = difflib.get_close_matches(word, keys, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"known here: {', '.join(keys)}" if keys else ""
