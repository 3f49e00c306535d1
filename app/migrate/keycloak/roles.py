"""Who has which role of a client, as groups and people of a rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.errors import UnfitError
from app.migrate.keycloak.export import ImportRemark, Node
from app.rules.patterns.names import NamePattern

_SIGNS = frozenset("*?{}=,")


@dataclass(frozen=True, slots=True)
class Holders:
    """Who has a role.

    Attributes:
        groups: Names of groups, those below a group that has it included.
        users: Names of people who have it themselves.
    """

    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of one client.

    Attributes:
        holders: By the role's name.
        attributes: Of each role, its attributes with their texts.
        remarks: What of them cannot be said.
    """

    holders: Mapping[str, Holders]
    attributes: Mapping[str, Mapping[str, tuple[str, ...]]]
    remarks: tuple[ImportRemark, ...]

    def of(self, role: str) -> Holders:
        """Return who has a role."""
        return self.holders.get(role, Holders())


@dataclass(slots=True)
class _Found:
    client: str
    groups: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    users: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    remarks: list[ImportRemark] = field(default_factory=list)


def roles_of(realm: Node, client: str) -> Roles:
    """Find who has which role of a client.

    Args:
        realm: The realm.
        client: The client's id, as the export names it.
    """
    found = _Found(client)
    for group in realm.nodes("groups"):
        _look_at_group(group, (), found)
    for user in realm.nodes("users"):
        for role in _of_client(user, client):
            found.users[role].append(_checked(user, user.text("username"), found))
    attributes = {role.text("name"): dict(_attributes(role)) for role in _defined(realm, client)}
    for node in _composites(realm, client):
        text = f"the role {node.text('name')!r} contains roles of {client!r}, and whoever has it is not found"
        found.remarks.append(node.remark(text, "put these people into a group of the directory"))
    named = found.groups.keys() | found.users.keys()
    holders = {
        role: Holders(_distinct(found.groups.get(role, ())), _distinct(found.users.get(role, ())))
        for role in named
    }
    return Roles(holders, attributes, tuple(found.remarks))


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, names)))


def _look_at_group(group: Node, inherited: tuple[str, ...], found: _Found) -> None:
    """Note the roles of a group, and those of the groups below it, which have the same and their own."""
    roles = (*inherited, *_of_client(group, found.client))
    name = _checked(group, group.text("name"), found) if roles else ""
    for role in roles:
        found.groups[role].append(name)
    for below in group.nodes("subGroups"):
        _look_at_group(below, roles, found)


def _checked(node: Node, name: str, found: _Found) -> str:
    """Return a name as a pattern of rules; empty, with a remark, where it cannot be one."""
    if _is_pattern(name):
        return name
    text = f"the name {name!a} cannot stand in rules, and its roles are not taken over"
    found.remarks.append(node.remark(text))
    return ""


def _is_pattern(name: str) -> bool:
    """Whether a name can stand in rules as it is, with no sign that has a meaning there."""
    if _SIGNS & set(name) or not name.isprintable():
        return False
    try:
        NamePattern.parse(name)
    except UnfitError:
        return False
    return True


def _of_client(owner: Node, client: str) -> tuple[str, ...]:
    """Return the roles of a client that a group or a person has."""
    if client not in dict(owner.named("clientRoles")):
        return ()
    return Node(owner.document, (*owner.at, "clientRoles")).texts(client)


def _defined(realm: Node, client: str) -> Iterator[Node]:
    below = dict(realm.named("roles")).get("client") if "roles" in realm.mapping() else None
    if below is not None and client in below.mapping():
        yield from below.nodes(client)


def _composites(realm: Node, client: str) -> Iterator[Node]:
    """Yield the roles of the realm that contain roles of a client."""
    if not isinstance(realm.mapping().get("roles"), dict):
        return
    for role in Node(realm.document, (*realm.at, "roles")).nodes("realm"):
        inside = dict(role.named("composites")).get("client")
        if inside is not None and client in inside.mapping():
            yield role


def _attributes(role: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, _ in role.named("attributes"):
        yield name, Node(role.document, (*role.at, "attributes")).texts(name)
