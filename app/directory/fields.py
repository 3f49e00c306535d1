"""The types of the fields that the sections of a directory share: DNs, attributes, filters."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator

from app import dn
from app.directory import filters
from app.errors import UnfitError
from app.ldap import filter_syntax

_ATTRIBUTE = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)(?:;[A-Za-z0-9-]+)*")
_PLACEHOLDER = re.compile(r"%[A-Za-z]\b|%?\{[^{}()]*\}|\{\{[^{}()]*\}\}|<[A-Za-z_ -]+>")
"""What other programs put a name in the place of: `%s`, `{username}`, `{0}`, `{{.Username}}`, `<user>`."""
_BLANKS = re.compile(r"(?<=[()&|!])\s+(?=[()&|!])|^\s+|\s+$|(?<=\()\s+")
"""Blanks that stand between the parts of a filter, and in no value."""
_SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)
A_DN = "write ou=people,dc=example,dc=com"


def checked_dn(value: str, hint: str = A_DN) -> str:
    """Return a value that is a DN.

    Raises:
        UnfitError: It is none; what to write instead is the hint.
    """
    try:
        dn.parse(value)
    except UnfitError:
        raise
    except ValueError as error:
        raise UnfitError(f"{value!r} is no DN: {error}", hint) from error
    return value


def _bases(values: tuple[str, ...]) -> tuple[str, ...]:
    """Check the bases of searches; the empty one is the root of all (a Global Catalog has one tree)."""
    return tuple(value and checked_dn(value) for value in values)


def _attribute(value: str) -> str:
    if not _ATTRIBUTE.fullmatch(value):
        raise UnfitError(f"{value!r} is no attribute", "write a name such as uid, cn or mail")
    return value


def _attribute_or_none(value: str) -> str:
    return _attribute(value) if value else value


def _filter(value: str) -> str:
    return _checked_filter(value, value, "")


def _timed_filter(value: str) -> str:
    """Check a filter in which the time of its use may stand."""
    known = f"{', '.join(filters.MOMENTS)} are the time; "
    return _checked_filter(value, filters.at(value, _SOME_TIME), known)


def _checked_filter(value: str, used: str, known: str) -> str:
    """Return a value that is a filter, or empty.

    Args:
        value: As it is written.
        used: As it will be used, with the time in it.
        known: What may stand in it for something else, for the hint.
    """
    if found := _PLACEHOLDER.search(used):
        place = found[0]
        raise UnfitError(f"nothing is put in the place of {place} in {value!r}", known + _advice(place))
    try:
        if used:
            filter_syntax.encode(used)
    except ValueError as error:
        raise UnfitError(f"{value!r} is no filter: {error}", _correction(value)) from error
    return value


def _advice(placeholder: str) -> str:
    if placeholder in filters.MOMENTS:
        return "only users.disabled_filter knows the time"
    return (
        "take that part out: people are searched for by users.login_attributes, and groups as groups.strategy"
        f" says; a {placeholder[0]} that is meant is \\{ord(placeholder[0]):02x}"
    )


def _correction(value: str) -> str:
    """Return what to write in the place of what is no filter: mostly blanks or brackets are wrong."""
    dense = _BLANKS.sub("", value)
    for text in (dense, f"({dense})"):
        with contextlib.suppress(ValueError):
            filter_syntax.encode(filters.at(text, _SOME_TIME))
            return f"write {text}"
    return "write (objectClass=person)"


Bases = Annotated[tuple[str, ...], AfterValidator(_bases)]
Attribute = Annotated[str, AfterValidator(_attribute)]
NoAttribute = Annotated[str, AfterValidator(_attribute_or_none)]
LdapFilter = Annotated[str, AfterValidator(_filter)]
TimedFilter = Annotated[str, AfterValidator(_timed_filter)]
