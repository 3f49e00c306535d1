"""LDAP user federation of a realm as the `directory` section of a configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app import dn
from app.migrate.keycloak.export import ImportRemark, Node, components, needed, setting

PASSWORD_FILE = "ldap-password"  # noqa: S105 - the name of a file
_PROVIDERS = ("org.keycloak.storage.UserStorageProvider", "org.keycloak.storage.ldap.LDAPStorageProvider")
_MAPPERS = "org.keycloak.storage.ldap.mappers.LDAPStorageMapper"
_KINDS = {"ad": "activedirectory", "rhds": "389ds", "other": "openldap"}
_SCOPES = {"1": "one", "2": "sub"}
_MEMBERS = ("member", "uniquemember", "memberuid")
_STRATEGIES = {
    "LOAD_GROUPS_BY_MEMBER_ATTRIBUTE": "member_search",
    "GET_GROUPS_FROM_USER_MEMBEROF_ATTRIBUTE": "member_of",
    "LOAD_GROUPS_BY_MEMBER_ATTRIBUTE_RECURSIVELY": "in_chain",
}
_OTHER_MAPPERS = ("role-ldap-mapper", "hardcoded-ldap-group-mapper", "hardcoded-ldap-role-mapper")


@dataclass(frozen=True, slots=True)
class Federation:
    """What the federation became.

    Attributes:
        section: The `directory` section; None where there is none to make.
    """

    section: Mapping[str, Any] | None
    remarks: tuple[ImportRemark, ...]


def federation(realm: Node) -> Federation:
    """Turn the first LDAP federation of a realm into a section; a realm here has one directory."""
    remarks: list[ImportRemark] = []
    usable = []
    for provider in (each for kind in _PROVIDERS for each in components(realm, "components", kind)):
        name = provider.text("name") or provider.text("providerId")
        if provider.text("providerId") != "ldap":
            remarks.append(provider.remark(f"the user storage {name!r} is no LDAP, and is not taken over"))
        elif setting(provider, "enabled") == "false":
            remarks.append(provider.remark(f"the federation {name!r} is disabled, and is left out"))
        else:
            usable.append(provider)
    usable.sort(key=lambda each: _priority(setting(each, "priority")))
    for each in usable[1:]:
        text = f"the federation {each.text('name')!r} is left out: a realm here has one directory"
        remarks.append(each.remark(text, "give its people a realm of their own"))
    if not usable:
        text = "there is no LDAP federation to take over"
        remarks.append(realm.remark(text, "write the section 'directory'"))
        return Federation(None, tuple(remarks))
    section = _section(usable[0], remarks)
    if realm.flag("loginWithEmailAllowed", default=False):
        text = "people may log in to Keycloak by their mail address as well; here by their name alone"
        hint = "add the attribute of the address to directory.users.login_attributes"
        remarks.append(realm.remark(text, hint))
    return Federation(section, tuple(remarks))


def _priority(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _section(provider: Node, remarks: list[ImportRemark]) -> Mapping[str, Any]:
    section: dict[str, Any] = {"kind": _kind(provider)}
    section |= dict(_servers(provider, remarks))
    section["service_account"] = _account(provider, remarks)
    section["users"] = _users(provider)
    section["groups"] = _groups(provider, remarks)
    for key, text in (
        ("allowKerberosAuthentication", "logins by Kerberos are not taken over"),
        ("useKerberosForPasswordAuthentication", "passwords go to the directory here, not to Kerberos"),
    ):
        if setting(provider, key) == "true":
            remarks.append(provider.remark(text))
    return section


def _kind(provider: Node) -> str:
    if setting(provider, "uuidLDAPAttribute").lower() == "ipauniqueid":
        return "freeipa"
    return _KINDS.get(setting(provider, "vendor"), "generic")


def _servers(provider: Node, remarks: list[ImportRemark]) -> Iterator[tuple[str, Any]]:
    written = [each.rstrip("/") for each in setting(provider, "connectionUrl").split()]
    servers = [each for each in written if "@" not in each]
    if len(servers) < len(written):
        text = "an address in connectionUrl holds a user name, and is left out"
        remarks.append(provider.remark(text, "write it without one"))
    yield "servers", servers
    plain = any(each.lower().startswith("ldap://") for each in servers)
    if setting(provider, "startTls") == "true":
        yield "start_tls", True
    elif plain:
        text = "Keycloak sends passwords to this directory in clear; `start_tls: true` was written instead"
        remarks.append(provider.remark(text, "write ldaps:// where the directory does not start TLS"))
        yield "start_tls", True
    text = "the certificates that Keycloak trusts are not in the export"
    hint = "name the directory's authority as `tls: {ca_file: FILE}`, unless the system trusts it"
    remarks.append(provider.remark(text, hint))


def _account(provider: Node, remarks: list[ImportRemark]) -> Mapping[str, Any]:
    account = setting(provider, "bindDn")
    if setting(provider, "authType") == "none" or not account:
        return {"anonymous": True}
    text = f"bindCredential is not taken over: it belongs into the file {PASSWORD_FILE}"
    remarks.append(provider.remark(text, "mode 0600, beside the configuration"))
    return {"dn" if _is_dn(account) else "name": account, "password_file": PASSWORD_FILE}


def _is_dn(text: str) -> bool:
    try:
        dn.parse(text)
    except ValueError:
        return False
    return True


def _users(provider: Node) -> Mapping[str, Any]:
    section: dict[str, Any] = {"bases": [needed(provider, "usersDn")]}
    if scope := _SCOPES.get(setting(provider, "searchScope")):
        section["scope"] = scope
    classes = _classes(setting(provider, "userObjectClasses"))
    if wanted := _filter(classes, setting(provider, "customUserSearchFilter")):
        section["filter"] = wanted
    if name := setting(provider, "usernameLDAPAttribute"):
        section |= {"login_attributes": [name], "subject_attribute": name}
    if unique := setting(provider, "uuidLDAPAttribute"):
        section["id_attribute"] = unique
    return section


def _classes(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _filter(classes: list[str], further: str) -> str:
    parts = [f"(objectClass={each})" for each in classes]
    if further:
        parts.append(further if further.startswith("(") else f"({further})")
    return parts[0] if len(parts) == 1 else f"(&{''.join(parts)})" if parts else ""


def _groups(provider: Node, remarks: list[ImportRemark]) -> Mapping[str, Any]:
    mappers = components(provider, "subComponents", _MAPPERS)
    for each in mappers:
        if each.text("providerId") in _OTHER_MAPPERS:
            text = f"the mapper {each.text('name')!r} ({each.text('providerId')}) is not taken over"
            remarks.append(each.remark(text, "make groups in the directory of what it gives"))
    listed = [each for each in mappers if each.text("providerId") == "group-ldap-mapper"]
    if not listed:
        text = "no group of the directory is mapped, so none counts here"
        remarks.append(provider.remark(text, "write `groups: {bases: [DN]}` where the directory has some"))
        return {"strategy": "none"}
    first = listed[0]
    for each in listed[1:]:
        text = f"the mapper {each.text('name')!r} is left out: groups are found in one way here"
        remarks.append(each.remark(text, "add its groups.dn to 'bases' if the rest is the same"))
    return _group_section(first, remarks)


def _group_section(mapper: Node, remarks: list[ImportRemark]) -> Mapping[str, Any]:
    strategy = _STRATEGIES.get(setting(mapper, "user.roles.retrieve.strategy"), "member_search")
    section: dict[str, Any] = {"strategy": strategy, "bases": [needed(mapper, "groups.dn")]}
    if strategy == "member_of" and (attribute := setting(mapper, "memberof.ldap.attribute")):
        section["member_of_attribute"] = attribute
    classes = _classes(setting(mapper, "group.object.classes"))
    if wanted := _filter(classes, setting(mapper, "groups.ldap.filter")):
        section["filter"] = wanted
    if name := setting(mapper, "group.name.ldap.attribute"):
        section["name_attribute"] = name
    members = setting(mapper, "membership.ldap.attribute")
    if strategy == "member_search" and members and members.lower() not in _MEMBERS:
        text = f"groups list their members as {members!r}, and are searched by {', '.join(_MEMBERS)} here"
        remarks.append(mapper.remark(text, "use strategy: member_of where the directory keeps memberOf"))
    return section
