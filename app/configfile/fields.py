"""The strict base of every section of a file, and the field types that sections share."""

from __future__ import annotations

import contextlib
import re
import typing
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticKnownError

from app.errors import UnfitError

_DURATION = re.compile(r"([0-9]+)(ms|s|m|h|d)")
_PERCENTAGE = re.compile(r"([0-9]|[1-9][0-9])%")
_SHORT = 40
_LONGEST = timedelta(days=3650)
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Section(BaseModel):
    """A mapping of a file: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True, str_min_length=0
    )

    @field_validator("*", mode="before")
    @classmethod
    def _is_of_its_kind(cls, value: object, info: ValidationInfo) -> object:
        """Refuse `true` and `1.0` where a whole number belongs: Python takes them for 1."""
        if isinstance(value, bool | float) and _is_number(cls.model_fields[info.field_name or ""].annotation):
            raise PydanticKnownError("int_type")
        return value


def _is_number(annotation: object) -> bool:
    """Whether an annotation takes numbers, but not true and false."""
    options = {annotation, *typing.get_args(annotation)}
    kinds = options | {kind for option in options for kind in typing.get_args(option)}
    return bool not in kinds and any(isinstance(kind, int) or kind is int for kind in kinds)


def parse_duration(value: object) -> timedelta:
    """Read `500ms`, `30s`, `5m`, `1h30m` or `2d`; 0 needs no unit.

    Raises:
        UnfitError: It is none of these.
    """
    if isinstance(value, timedelta):
        return value
    if value == "0" or (type(value) is int and value == 0):
        return timedelta()
    if isinstance(value, str) and re.fullmatch(f"(?:{_DURATION.pattern})+", value):
        return _sum(value)
    known = type(value) in (str, int) and len(repr(value)) <= _SHORT
    raise UnfitError(
        f"{value!r} is no duration" if known else "this is no duration",
        "write a number with its unit: 500ms, 30s, 5m, 1h",
    )


def _sum(text: str) -> timedelta:
    """Add up the parts of a duration; the clock's own arithmetic ends some thousands of years from now."""
    try:
        parts = [timedelta(**{_UNITS[unit]: int(number)}) for number, unit in _DURATION.findall(text)]
        total = sum(parts, timedelta())
    except (OverflowError, ValueError):
        total = timedelta.max
    if total > _LONGEST:
        raise UnfitError("the duration is too long", f"{_LONGEST.days}d is the most")
    return total


def _percentage(value: object) -> object:
    """Read a share below the whole, as `50%`."""
    found = _PERCENTAGE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise UnfitError("this is no share of the rules", "write 0% to 99%, such as 50%")
    return int(found[1]) / 100


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Percentage = Annotated[float, BeforeValidator(_percentage)]


def resolve(path: Path, base: Path) -> Path:
    """Return a path that a file names, as seen from the file's folder; `~` is the home folder."""
    with contextlib.suppress(RuntimeError):  # there is no such home folder: `~` is part of a name
        path = path.expanduser()
    return (base / path).absolute()
