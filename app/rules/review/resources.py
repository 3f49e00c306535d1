"""What is asked of which resource, as people write it: a name, or `registry:catalog`, and actions."""

from __future__ import annotations

from app.errors import UnfitError
from app.protocol import scope
from app.protocol.scope import ACTIONS, ACTIONS_OF, ALL_ACTIONS, CATALOG, ResourceType, Scope

CATALOG_RESOURCE = f"{ResourceType.REGISTRY}:{CATALOG}"


def parse_resource(text: str) -> tuple[ResourceType, str]:
    """Read the name of a repository, with or without `repository:`, or `registry:catalog`.

    Raises:
        UnfitError: It is neither.
    """
    if text == CATALOG_RESOURCE:
        return ResourceType.REGISTRY, CATALOG
    name = text.removeprefix(f"{ResourceType.REPOSITORY}:")
    if not scope.is_repository(name):
        hint = f"no tag, no https://; {CATALOG_RESOURCE} for the catalog"
        raise UnfitError(f"{text!r} is no repository name", hint)
    return ResourceType.REPOSITORY, name


def parse_actions(text: str, kind: ResourceType) -> frozenset[str]:
    """Read a list such as `pull,push`; an empty one is every action that a resource has.

    Raises:
        UnfitError: One of them is no action of such a resource.
    """
    known = (ALL_ACTIONS,) if kind is ResourceType.REGISTRY else ACTIONS
    words = frozenset(word for word in text.split(",") if word)
    if not words <= {*known}:
        wrong = ", ".join(sorted(words.difference(known)))
        raise UnfitError(f"{wrong} is no action", f"there is {', '.join(known)}")
    return words or ACTIONS_OF[kind]


def parse_scope(resource: str, actions: str = "") -> Scope:
    """Read a resource and what is asked of it.

    Raises:
        UnfitError: One of them cannot be read.
    """
    kind, name = parse_resource(resource)
    return Scope(kind, name, parse_actions(actions, kind))
