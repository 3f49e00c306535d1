"""What keycloak-docker-group-role-mapper gives for its groups and roles, written from its source.

As it is without its environment variables: `registry-NAMESPACE` gives pull in NAMESPACE/…, the client's role
`editor` push and delete there too, `admin` everything.
"""

from __future__ import annotations

from collections.abc import Collection

_ALL = frozenset(("pull", "push", "delete"))


def granted(groups: Collection[str], roles: Collection[str], kind: str, name: str) -> frozenset[str]:
    """Return what somebody gets who asks for everything: of the catalog, `*`."""
    if "admin" in roles:
        return frozenset("*") if kind == "registry" else _ALL
    if kind == "registry":
        return frozenset()
    namespace, slash, _ = name.partition("/")
    spaces = {
        group.lower().removeprefix("registry-") for group in groups if group.lower().startswith("registry-")
    }
    if not slash or namespace.lower() not in spaces:
        return frozenset()
    return _ALL if "editor" in roles else frozenset(("pull",))
