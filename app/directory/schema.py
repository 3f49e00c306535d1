"""Which attributes a server knows (RFC 4512 §4.2), and which of the configured ones it does not.

For a server an unknown attribute is no error: a filter that names it matches nothing. A typo in
`users.disabled_filter` would let everybody in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from app.directory.settings import DirectorySettings
from app.ldap import filter_syntax

DEFINITIONS = "attributeTypes"
SUBSCHEMA = "(objectClass=subschema)"
_DEFINITION = re.compile(r"\(\s*(?P<oid>\S+)(?:\s+NAME\s+(?:\((?P<several>[^)]*)\)|(?P<one>'[^']*')))?")
_NAME = re.compile(r"'([^']*)'")


def known(definitions: Iterable[str]) -> frozenset[str]:
    """Return the names and OIDs of attributes by their definitions (RFC 4512 §4.1.2), in lower case."""
    names: set[str] = set()
    for found in filter(None, map(_DEFINITION.match, definitions)):
        names |= {found["oid"].lower(), *_NAME.findall((found["several"] or found["one"] or "").lower())}
    return frozenset(names)


def unknown(settings: DirectorySettings, names: frozenset[str]) -> list[tuple[str, str]]:
    """Return the configured attributes that are not known, each with the settings key that names it."""
    return [(key, name) for key, name in _configured(settings) if name.partition(";")[0].lower() not in names]


def _configured(settings: DirectorySettings) -> Iterator[tuple[str, str]]:
    users, groups = settings.users, settings.groups
    yield from (("users.login_attributes", each) for each in users.login_attributes)
    yield "users.subject_attribute", users.subject_attribute
    yield from (("users.attributes", each) for each in users.attributes)
    yield from (("users.disabled_by", each.value) for each in users.disabled_by)
    filters = {"users.filter": users.filter, "users.disabled_filter": users.disabled_filter}
    if groups.strategy != "none":
        yield "groups.name_attribute", groups.name_attribute
        filters["groups.filter"] = groups.filter
    if groups.strategy == "member_of":
        yield "groups.member_of_attribute", groups.member_of_attribute
    for key, text in filters.items():
        yield from ((key, each) for each in filter_syntax.attributes(text))
