"""What pydantic models say of the keys that a file may have, and of what may stand at each."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from app.configfile.marks import Location


def at(model: type[BaseModel], location: Location) -> Any:
    """Return the annotation at a location; None where the model has no such place."""
    annotation: Any = model
    for part in location:
        annotation = below(annotation, part)
    return annotation


def below(annotation: Any, part: str | int) -> Any:
    """Return the annotation of one key or index; None where there is none."""
    return next((found for option in options(annotation) if (found := _below(option, part))), None)


def is_mapping(annotation: Any) -> bool:
    """Whether the keys that stand here are names that the file gives."""
    return any(typing.get_origin(option) is dict for option in options(annotation))


def keys(annotation: Any) -> list[str]:
    """List the keys that a place of this annotation has, as they are written in the file."""
    return sorted(str(key) for option in options(annotation) for key in fields(option))


def options(annotation: Any) -> Iterator[Any]:
    """Walk what an annotation may be (`X | None`, `Annotated[X, …]`) down to classes and `list[X]`."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        yield from options(typing.get_args(annotation)[0])
    elif origin in (typing.Union, types.UnionType):
        for argument in typing.get_args(annotation):
            yield from options(argument)
    else:
        yield annotation


def fields(option: Any) -> Mapping[str | int, FieldInfo]:
    """Return the fields of a model by their keys in the file; nothing for what is no model."""
    if not (inspect.isclass(option) and issubclass(option, BaseModel)):
        return {}
    return {field.alias or name: field for name, field in option.model_fields.items()}


def _below(option: Any, part: str | int) -> Any:
    """Return the annotation of one key or index; None where there is none."""
    if isinstance(part, str):
        known = fields(option)
        if part in known:
            return known[part].annotation
        return typing.get_args(option)[1] if typing.get_origin(option) is dict else None
    return typing.get_args(option)[0] if typing.get_origin(option) in (list, tuple) else None
