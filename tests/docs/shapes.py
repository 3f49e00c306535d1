"""The keys of a file, as its models have them and as its page has them."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from tests.docs.reading import code, tables

SECTION = "—"
REQUIRED = "required"
NONE = "none"
_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a file.

    Attributes:
        path: The names that lead to it, joined by dots; a name that the author chooses is `*`.
        default: As a page writes it.
    """

    path: str
    default: str


def of_model(model: type[BaseModel], prefix: str = "") -> Iterator[Key]:
    """Return every key of a model and of the models within it."""
    for name, field in model.model_fields.items():
        path = prefix + (field.alias or name)
        inner = dict(_models(field.annotation, path))
        default = field.get_default(call_default_factory=True)
        yield Key(path, SECTION if isinstance(default, BaseModel) else written(default))
        for place, section in inner.items():
            yield from of_model(section, f"{place}.")


def of_page(text: str, names: dict[str, str]) -> Iterator[Key]:
    """Return every key that a page's tables describe; the heading of a table is the section of its keys.

    Args:
        text: The page.
        names: What the page calls the names that an author chooses, and what they are here.
    """
    for table in tables(text, "key", "type", "default", "meaning"):
        parts = [names.get(part, part) for part in code(table.heading).split(".") if part]
        for row in table.rows:
            default = row["default"]
            yield Key(".".join([*parts, code(row["key"])]), code(default) or default)


def written(value: object) -> str:
    """Write a default as a page does."""
    if value is PydanticUndefined:
        return REQUIRED
    if value is None:
        return NONE
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return _duration(round(value.total_seconds() * 1000))
    if isinstance(value, list | tuple):
        return f"[{', '.join(value)}]"
    return '""' if value == "" else str(value)


def _duration(milliseconds: int) -> str:
    """Write a duration in the greatest unit of which it is more than one: a minute is 60s."""
    fitting = (each for each in _UNITS if milliseconds % each[1] == 0 and milliseconds > each[1])
    unit, size = next(fitting, ("ms", 1))
    return f"{milliseconds // size}{unit}"


def _models(annotation: Any, path: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """Walk an annotation (`list[X]`, `dict[str, X]`, `X | None`) down to its models, each at its path."""
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield path, annotation
    below = f"{path}.*" if typing.get_origin(annotation) is dict else path
    for argument in typing.get_args(annotation):
        yield from _models(argument, below)
