"""Where the endpoints of a realm lie, and which realms there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from app.errors import Code, Refusal

T = TypeVar("T")


def realm_paths(leaf: str) -> tuple[str, ...]:
    """Return the paths of an endpoint of a realm: Keycloak's, with and without its leading `/auth`."""
    return tuple(f"{prefix}/realms/<realm>/protocol/docker-v2{leaf}" for prefix in ("/auth", ""))


def find(realms: Mapping[str, T], name: str) -> T | Refusal:
    """Return what belongs to a realm; a refusal where there is no such realm."""
    found = realms.get(name)
    if found is None:
        return Refusal(
            Code.UNKNOWN_REALM, "The token server has no realm of this name; check the registry's setup."
        )
    return found
