"""What is wrong with a document, in the words of the person who wrote it.

pydantic says where and of which kind; this module says it as `file:line:column: what is wrong (what to write
instead)`. The tables are the whole vocabulary: a kind of error that is not in them speaks pydantic's words.
"""

from __future__ import annotations

import difflib
import inspect
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.configfile.yaml import Document, Location
from app.errors import Problem

_TYPES: Mapping[str, tuple[str, str]] = {
    "string_type": ("must be text", "put quotes around it"),
    "bool_type": ("must be true or false", ""),
    "bool_parsing": ("must be true or false", ""),
    "int_type": ("must be a whole number", ""),
    "int_parsing": ("must be a whole number", ""),
    "int_from_float": ("must be a whole number", ""),
    "list_type": ("must be a list", "write [one, two], or one item a line with '- ' before it"),
    "tuple_type": ("must be a list", "write [one, two], or one item a line with '- ' before it"),
    "dict_type": ("must be a mapping", "write 'key: value', with a blank after the colon"),
    "model_type": ("must be a mapping", "write 'key: value', with a blank after the colon"),
    "model_attributes_type": ("must be a mapping", "write 'key: value', with a blank after the colon"),
    "path_type": ("must be a path", "put quotes around it"),
    "too_short": ("must not be empty", ""),
    "string_too_short": ("must not be empty", ""),
    "literal_error": ("must be {expected}", ""),
    "enum": ("must be {expected}", ""),
    "greater_than_equal": ("must be at least {ge}", ""),
    "less_than_equal": ("must be at most {le}", ""),
}


def describe(error: ValidationError, document: Document, model: type[BaseModel]) -> Iterator[Problem]:
    """Give every problem that a validation found, each at its place in the document."""
    for details in error.errors(include_url=False, include_input=False):
        location = _known(details["loc"], document)
        text, hint = explain(details, model)
        yield document.problem(location, text, hint, key=details["type"] == "extra_forbidden")


def explain(details: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    """Say what one error means: what is wrong, and what to write instead."""
    kind, context = details["type"], details.get("ctx", {})
    name = _name(details["loc"])
    if kind == "wharfinger":
        return context["text"], context["hint"]
    if kind == "extra_forbidden":
        return f"unknown key '{name}'", _suggestion(str(name), _fields_at(model, details["loc"][:-1]))
    if kind == "missing":
        return f"'{name}' is missing", ""
    text, hint = _TYPES.get(kind, (f"is not right: {details['msg']}", ""))
    return f"'{name}' {text.format_map(context)}", hint


def _name(location: Location) -> str | int:
    """Name a value by its key; a list's item by the list's key."""
    names = [part for part in location if isinstance(part, str)]
    return names[-1] if names else "the file"


def _known(location: Location, document: Document) -> Location:
    """Drop what pydantic adds to a location (the branch of a union) and the document does not have."""
    known: Location = ()
    for part in location:
        if (*known, part) in document.marks:
            known = (*known, part)
    return known


def _suggestion(name: str, fields: list[str]) -> str:
    close = difflib.get_close_matches(name, fields, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"known here: {', '.join(fields)}" if fields else ""


def _fields_at(model: type[BaseModel], location: Location) -> list[str]:
    """List the keys that the model has at a location."""
    annotation: Any = model
    for part in location:
        models = list(_models(annotation))
        if isinstance(part, int):
            continue
        owner = next((item for item in models if part in item.model_fields), None)
        if owner is not None:
            annotation = owner.model_fields[part].annotation
    return sorted({name for item in _models(annotation) for name in item.model_fields})


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Walk an annotation (`list[X]`, `dict[str, X]`, `X | None`) down to its models."""
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models(argument)
