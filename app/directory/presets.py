"""Defaults for `users` and `groups` by the kind of directory; each of them can be set in the configuration.

The reference is docs/reference/configuration.md, "What `kind` stands for".
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from app.ldap import oids


class DirectoryKind(enum.StrEnum):
    """The directories that have defaults of their own."""

    OPENLDAP = "openldap"
    ACTIVE_DIRECTORY = "activedirectory"
    FREEIPA = "freeipa"
    DIRSRV = "389ds"
    LLDAP = "lldap"
    GOOGLE = "google"
    GENERIC = "generic"


PRESETS: Mapping[DirectoryKind, Mapping[str, Mapping[str, Any]]] = {
    DirectoryKind.OPENLDAP: {},  # its defaults are those of the settings
    DirectoryKind.ACTIVE_DIRECTORY: {
        "users": {
            "filter": "(&(objectCategory=person)(objectClass=user))",
            "disabled_filter": f"(userAccountControl:{oids.ALL_BITS_SET}:=2)",
            "login_attributes": ("sAMAccountName",),
            "subject_attribute": "sAMAccountName",
            "id_attribute": "objectGUID",
        },
        "groups": {
            "strategy": "token_groups",
            "filter": "(objectClass=group)",
            # `cn` is unique within one OU only: whoever may create groups there could name one like another
            "name_attribute": "sAMAccountName",
        },
    },
    DirectoryKind.FREEIPA: {
        "users": {
            "filter": "(objectClass=person)",
            "disabled_filter": "(nsAccountLock=TRUE)",
            "id_attribute": "ipaUniqueID",
        },
        "groups": {"strategy": "member_of", "filter": "(objectClass=groupOfNames)"},
    },
    DirectoryKind.DIRSRV: {
        "users": {
            "filter": "(objectClass=person)",
            "disabled_filter": "(nsAccountLock=TRUE)",
            "id_attribute": "nsUniqueId",
        },
    },
    DirectoryKind.LLDAP: {
        "users": {"filter": "(objectClass=person)"},
        "groups": {"strategy": "member_of", "filter": "(objectClass=groupOfUniqueNames)"},
    },
    DirectoryKind.GOOGLE: {
        "users": {"filter": "(objectClass=person)"},
        "groups": {"strategy": "member_of", "filter": "(objectClass=groupOfNames)"},
    },
    DirectoryKind.GENERIC: {},
}


def fill(section: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a `directory` section with the defaults of its kind where it says nothing itself."""
    kind = section.get("kind", DirectoryKind.OPENLDAP)
    if not isinstance(kind, str) or kind not in DirectoryKind.__members__.values():
        return section  # the validation of the section reports it
    filled = dict(section)
    for name, defaults in PRESETS[DirectoryKind(kind)].items():
        given = filled.get(name)
        if isinstance(given, Mapping):
            filled[name] = {**defaults, **given}
    return filled
