"""What the mappers of docker-v2 clients give, as rules.

Two are known: Keycloak's own, which gives everybody everything that is asked for, and
keycloak-docker-group-role-mapper (later keycloak-registry-mapper), which reads groups `registry-NAMESPACE`
and the client's roles `admin` and `editor`. Whatever another one gives is denied here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.errors import UnfitError
from app.migrate.keycloak.export import DOCKER, ImportRemark, Node
from app.migrate.keycloak.roles import Holders, Roles, roles_of
from app.protocol.scope import Action
from app.rules.patterns.repository import RepositoryPattern

ALLOW_ALL = "docker-v2-allow-all-mapper"
BY_GROUPS = "docker-v2-allow-by-groups-and-roles-mapper"
GROUP_PREFIX = "registry-"
_ADMIN, _EDITOR, _CATALOG = "admin", "editor", "catalog"
_NAMESPACE = "{namespace}"
_ACTIONS = frozenset(Action)
_ATTRIBUTE = "registry"

Rule = dict[str, Any]


def clients(realm: Node) -> tuple[Node, ...]:
    """Return the clients of registries that are not disabled."""
    return tuple(
        each
        for each in realm.nodes("clients")
        if each.text("protocol") == DOCKER and each.flag("enabled", default=True) and each.text("clientId")
    )


def rules_of(realm: Node, prefix: str) -> tuple[list[Rule], list[ImportRemark]]:
    """Return the rules that say what the clients' mappers give, and what they cannot say.

    Args:
        realm: The realm.
        prefix: What the names of the groups of namespaces begin with.
    """
    listed = clients(realm)
    rules: list[Rule] = []
    remarks: list[ImportRemark] = []
    for number, client in enumerate(listed, 1):
        several = len(listed) > 1
        made = list(_of_client(realm, client, prefix, remarks))
        for rule in made:
            rule["id"] = f"keycloak-{number}-{rule['id']}" if several else f"keycloak-{rule['id']}"
            if several:
                rule["when"] = {"services": [client.text("clientId")]}
        rules += made
    return rules, list(dict.fromkeys(remarks))


def _of_client(realm: Node, client: Node, prefix: str, remarks: list[ImportRemark]) -> Iterator[Rule]:
    name, mappers = client.text("clientId"), _mappers(realm, client)
    if not mappers:
        remarks.append(client.remark(f"the client {name!r} has no mapper, so that nobody gets anything"))
    kinds = [each.text("protocolMapper") for each in mappers]
    for each, kind in zip(mappers, kinds, strict=True):
        if kind not in (ALLOW_ALL, BY_GROUPS):
            text = f"what the mapper {kind!r} of the client {name!r} gives is not known, and is denied here"
            remarks.append(each.remark(text, "write rules for it"))
    if ALLOW_ALL in kinds:
        text = f"the client {name!r} gives everything to everybody who can log in, and so do its rules here"
        remarks.append(client.remark(text, "write rules that say who needs what"))
        yield _rule("everything", {"authenticated": True}, ["**"], ["*"])
        yield _catalog("catalog", {"authenticated": True})
    if BY_GROUPS in kinds:
        yield from _by_groups(realm, client, prefix, remarks)


def _mappers(realm: Node, client: Node) -> tuple[Node, ...]:
    """Return the docker-v2 mappers of a client, its own and those of its scopes."""
    used = {*client.texts("defaultClientScopes")}
    owners = [client, *(each for each in realm.nodes("clientScopes") if each.text("name") in used)]
    listed = (mapper for owner in owners for mapper in owner.nodes("protocolMappers"))
    return tuple(each for each in listed if each.text("protocol") == DOCKER)


def _by_groups(realm: Node, client: Node, prefix: str, remarks: list[ImportRemark]) -> Iterator[Rule]:
    name = client.text("clientId")
    roles = roles_of(realm, name)
    remarks += roles.remarks
    text = f"{prefix}NAMESPACE groups are read as without REGISTRY_CATALOG_AUDIENCE and "
    text += "REGISTRY_NAMESPACE_SCOPE, which are not in the export"
    remarks.append(client.remark(text, "write rules for what they add"))
    _remark_on_groups(realm, prefix, remarks)
    space = prefix + _NAMESPACE
    yield _rule("readers", {"groups": [space]}, [f"{_NAMESPACE}/**"], ["pull"])
    editors = roles.of(_EDITOR)
    for number, group in enumerate(editors.groups, 1):
        who = {"all_groups": [space, group]}
        yield _rule(f"editors-{number}", who, [f"{_NAMESPACE}/**"], ["delete", "pull", "push"])
    for user in editors.users:
        text = (
            f"{user!r} has the role {_EDITOR!r} without a group, which rules cannot join with the namespaces"
        )
        remarks.append(client.remark(text, "make a group of the directory of those who have it"))
    if who := _who(roles.of(_ADMIN)):
        yield _rule("admins", who, ["**"], ["*"])
        yield _catalog("admins-catalog", who)
    yield from _by_attributes(client, roles, remarks)


def _remark_on_groups(realm: Node, prefix: str, remarks: list[ImportRemark]) -> None:
    for group in realm.nodes("groups"):
        if group.text("name").lower().startswith(prefix.lower()) and group.nodes("subGroups"):
            text = f"groups below {group.text('name')!r} are told apart by their path, and here by their name"
            remarks.append(group.remark(text, "give each a name of its own, and write rules for it"))


def _who(holders: Holders) -> dict[str, list[str]]:
    found = {"groups": list(holders.groups), "users": list(holders.users)}
    return {key: names for key, names in found.items() if names}


def _by_attributes(client: Node, roles: Roles, remarks: list[ImportRemark]) -> Iterator[Rule]:
    """Yield the rules of roles with attributes such as `registry:NAMESPACE: pull,push`."""
    for number, (role, attributes) in enumerate(sorted(roles.attributes.items()), 1):
        who = _who(roles.of(role))
        for at, (key, texts) in enumerate(attributes.items(), 1):
            rule = _of_attribute(f"role-{number}-{at}", who, key, texts)
            if rule is not None and not who:
                remarks.append(client.remark(f"nobody in the export has the role {role!r}"))
            elif isinstance(rule, str):
                text = f"the attribute {key!r} of the role {role!r} cannot be a rule: {rule}"
                remarks.append(client.remark(text))
            elif rule is not None:
                if Action.PUSH in rule["allow"] and Action.PULL not in rule["allow"]:
                    text = (
                        f"the attribute {key!r} of the role {role!r} gives push alone, which brings pull here"
                    )
                    remarks.append(client.remark(text))
                yield rule


def _of_attribute(name: str, who: Mapping[str, Any], key: str, texts: Sequence[str]) -> Rule | str | None:
    """Return the rule of an attribute, or why there can be none; None where it is about something else."""
    words = {word.strip().lower() for text in texts for word in text.split(",")}
    if key == _ATTRIBUTE:
        return _catalog(name, who) if _CATALOG in words else None
    kind, colon, namespace = key.partition(":")
    if kind != _ATTRIBUTE or not colon:
        return None
    pattern = f"{namespace.lower()}/**"
    try:
        RepositoryPattern.parse(pattern)
    except UnfitError as error:
        return str(error)
    if set(namespace) & set("*?{}"):
        return "the namespace has a sign with a meaning in rules"
    given = _ACTIONS if "*" in words else words & _ACTIONS
    return _rule(name, who, [pattern], sorted(given)) if given else "it names no action"


def _rule(name: str, who: Mapping[str, Any], repositories: list[str], actions: list[str]) -> Rule:
    return {"id": name, **who, "repositories": repositories, "allow": actions}


def _catalog(name: str, who: Mapping[str, Any]) -> Rule:
    return {"id": name, **who, "catalog": True, "allow": ["*"]}
