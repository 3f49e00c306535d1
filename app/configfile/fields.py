"""The strict base of every section of a file, and the field types that sections share."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

_DURATION = re.compile(r"([0-9]+)(ms|s|m|h|d)")
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Section(BaseModel):
    """A mapping of a file: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True, str_min_length=0
    )


def wrong(text: str, hint: str = "") -> PydanticCustomError:
    """Make the error that a validator raises: what is wrong, and what to write instead."""
    return PydanticCustomError("wharfinger", "{text}", {"text": text, "hint": hint})


def parse_duration(value: object) -> timedelta:
    """Read `500ms`, `30s`, `5m`, `1h30m` or `2d`; 0 needs no unit.

    Raises:
        PydanticCustomError: It is none of these.
    """
    if isinstance(value, timedelta):
        return value
    if value in (0, "0"):
        return timedelta()
    if isinstance(value, str) and re.fullmatch(f"(?:{_DURATION.pattern})+", value):
        return sum(
            (timedelta(**{_UNITS[unit]: int(number)}) for number, unit in _DURATION.findall(value)),
            timedelta(),
        )
    raise wrong(f"{value!r} is not a duration", "write a number with its unit: 500ms, 30s, 5m, 1h")


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]


def resolve(path: Path, base: Path) -> Path:
    """Give a path of a file as seen from the folder that the file lies in."""
    return (base / path.expanduser()).absolute()
