"""What each kind of directory calls things: defaults for `users` and `groups`, every one of which can be set.

A preset is only a set of defaults (reference: docs/reference/configuration.md, "What `kind` stands for").
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any


class Kind(enum.StrEnum):
    """The kinds of directory."""

    OPENLDAP = "openldap"
    ACTIVE_DIRECTORY = "activedirectory"
    FREEIPA = "freeipa"
    DIRSRV = "389ds"
    LLDAP = "lldap"
    GENERIC = "generic"


PRESETS: Mapping[Kind, Mapping[str, Mapping[str, Any]]] = {
    Kind.OPENLDAP: {},  # the defaults of the settings themselves
    Kind.ACTIVE_DIRECTORY: {
        "users": {
            "filter": "(&(objectCategory=person)(objectClass=user))",
            "disabled_filter": "(userAccountControl:1.2.840.113556.1.4.803:=2)",
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
    Kind.FREEIPA: {
        "users": {
            "filter": "(objectClass=person)",
            "disabled_filter": "(nsAccountLock=TRUE)",
            "id_attribute": "ipaUniqueID",
        },
        "groups": {"strategy": "member_of", "filter": "(objectClass=groupOfNames)"},
    },
    Kind.DIRSRV: {
        "users": {
            "filter": "(objectClass=person)",
            "disabled_filter": "(nsAccountLock=TRUE)",
            "id_attribute": "nsUniqueId",
        },
    },
    Kind.LLDAP: {
        "users": {"filter": "(objectClass=person)"},
        "groups": {"strategy": "member_of", "filter": "(objectClass=groupOfUniqueNames)"},
    },
    Kind.GENERIC: {},
}


def fill(section: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a `directory` section with the defaults of its kind put under what it says."""
    kind = section.get("kind", Kind.OPENLDAP)
    if not isinstance(kind, str) or kind not in Kind.__members__.values():
        return section  # whoever validates the section says so
    filled = dict(section)
    for name, defaults in PRESETS[Kind(kind)].items():
        given = filled.get(name)
        if isinstance(given, Mapping):
            filled[name] = {**defaults, **given}
    return filled
