"""The scope grammar: parse, merge, format.

`type["(" class ")"] ":" name ":" action *("," action)` (Distribution, spec/auth/scope). The type ends at the
first colon and the actions begin after the last, so a name may have a colon of its own (`host:5000/a/b`).
What is outside the grammar grants nothing; it is never normalised into something that would.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass

ALL_ACTIONS = "*"
CATALOG = "catalog"
MAX_NAME = 255
"""Characters of a repository name (Distribution's reference grammar)."""

_COMPONENT = r"[a-z0-9]++(?:(?:__|[._]|-++)[a-z0-9]++)*+"
_NAME = re.compile(rf"{_COMPONENT}(?::[0-9]{{1,5}}/{_COMPONENT})?(?:/{_COMPONENT})*+")
_LEGAL_COMPONENT = re.compile(_COMPONENT)
_TYPE = re.compile(r"(repository|registry)(?:\([a-z0-9]+\))?")


class ResourceType(enum.StrEnum):
    """The resource types that a rule can be about."""

    REPOSITORY = "repository"
    REGISTRY = "registry"


class Action(enum.StrEnum):
    """The actions on a repository that a registry asks for, in the order in which people name them."""

    PULL = "pull"
    PUSH = "push"
    DELETE = "delete"


SINGLE_ACTIONS = tuple(map(str, Action))
ACTIONS = (*SINGLE_ACTIONS, ALL_ACTIONS)
"""Every word for an action. `*` on a repository is all of them at once; the catalog has no other."""
ACTIONS_OF = {
    ResourceType.REPOSITORY: frozenset(SINGLE_ACTIONS),
    ResourceType.REGISTRY: frozenset([ALL_ACTIONS]),
}
"""What can be granted on each type of resource, each by itself."""
_KNOWN_ACTIONS = frozenset(ACTIONS)


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked of one resource.

    Attributes:
        type: The resource type, without its class.
        name: The repository's name, or `catalog`.
        actions: Any of pull, push, delete and `*`; never empty.
    """

    type: ResourceType
    name: str
    actions: frozenset[str]

    def __str__(self) -> str:
        """Return it as a client would ask for it, actions sorted."""
        return f"{self.type}:{self.name}:{','.join(sorted(self.actions))}"


_CATALOG_SCOPE = Scope(ResourceType.REGISTRY, CATALOG, frozenset({ALL_ACTIONS}))
_ZOT_CATALOG = "repository::pull"


@dataclass(frozen=True, slots=True)
class Access:
    """What is granted on one resource: an entry of a token's `access` claim.

    Attributes:
        actions: Sorted, never empty.
    """

    type: ResourceType
    name: str
    actions: tuple[str, ...]

    def __str__(self) -> str:
        """Return it as the scope that asks for just this."""
        return f"{self.type}:{self.name}:{','.join(self.actions)}"


def catalog_by_pull(access: Iterable[Access]) -> tuple[Access, ...]:
    """Return access in the form that zot reads: the catalog is `pull` on the repository of the empty name."""
    catalog = Access(ResourceType.REPOSITORY, "", (str(Action.PULL),))
    return tuple(catalog if each.type is ResourceType.REGISTRY else each for each in access)


def is_component(text: str) -> bool:
    """Whether a text is one legal component of a repository name."""
    return len(text) <= MAX_NAME and text.isascii() and _LEGAL_COMPONENT.fullmatch(text) is not None


def is_repository(text: str) -> bool:
    """Whether a text is a legal repository name, with or without a host and port before it."""
    return len(text) <= MAX_NAME and text.isascii() and _NAME.fullmatch(text) is not None


def parse(text: str) -> Scope | None:
    """Parse one scope; None where it is outside the grammar or asks for nothing."""
    kind, _, rest = text.partition(":")
    name, colon, words = rest.rpartition(":")
    matched = _TYPE.fullmatch(kind) if kind.isascii() else None
    if matched is None or not colon:
        return None
    resource_type = ResourceType(matched.group(1))
    actions = _KNOWN_ACTIONS.intersection(words.split(","))
    if resource_type is ResourceType.REGISTRY:
        actions &= {ALL_ACTIONS}
    legal = name == CATALOG if resource_type is ResourceType.REGISTRY else is_repository(name)
    return Scope(resource_type, name, actions) if legal and actions else None


def parse_all(
    texts: Iterable[str], *, catalog_by_pull: bool = False
) -> tuple[tuple[Scope, ...], tuple[str, ...]]:
    """Parse scope parameters, each of which may hold several scopes joined by blanks.

    Args:
        texts: The parameters.
        catalog_by_pull: Whether `repository::pull` asks for the catalog, as zot does; else it is dropped.

    Returns:
        The scopes, one per resource with the actions of all its mentions, in the order of first mention;
        and the texts that were dropped because they are outside the grammar or ask for nothing.
    """
    merged: dict[tuple[ResourceType, str], Scope] = {}
    dropped = []
    for text in (word for parameter in texts for word in parameter.split(" ") if word):
        scope = _CATALOG_SCOPE if catalog_by_pull and text == _ZOT_CATALOG else parse(text)
        if scope is None:
            dropped.append(text)
            continue
        key = (scope.type, scope.name)
        earlier = merged.get(key)
        merged[key] = scope if earlier is None else Scope(*key, earlier.actions | scope.actions)
    return tuple(merged.values()), tuple(dropped)
