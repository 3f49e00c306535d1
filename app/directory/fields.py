"""The types of the fields that the sections of a directory share: DNs, attributes, filters."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from app import dn
from app.errors import UnfitError
from app.ldap import filter_syntax

_ATTRIBUTE = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)(?:;[A-Za-z0-9-]+)*")
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


def _dns(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(checked_dn, values))


def _attribute(value: str) -> str:
    if not _ATTRIBUTE.fullmatch(value):
        raise UnfitError(f"{value!r} is no attribute", "write a name such as uid, cn or mail")
    return value


def _attribute_or_none(value: str) -> str:
    return _attribute(value) if value else value


def _filter(value: str) -> str:
    try:
        if value:
            filter_syntax.encode(value)
    except ValueError as error:
        raise UnfitError(f"{value!r} is no filter: {error}", "write (objectClass=person)") from error
    return value


Dns = Annotated[tuple[str, ...], AfterValidator(_dns)]
Attribute = Annotated[str, AfterValidator(_attribute)]
NoAttribute = Annotated[str, AfterValidator(_attribute_or_none)]
LdapFilter = Annotated[str, AfterValidator(_filter)]
