"""The export of a realm of Keycloak as a configuration and rules."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml as plain_yaml
from click.testing import CliRunner, Result

from app import settings
from app.cli.rules import rules
from app.configfile import yaml
from app.errors import ConfigurationError
from app.migrate.keycloak.document import Imported, translate
from app.rules.file import load
from app.rules.file.paths import FileText
from app.rules.persona import NamedGroup, Persona
from tests.spec.keycloak import granted
from tests.support.tools import REPOSITORY
from tests.unit.rules.given import NOW, decision

EXPORT = REPOSITORY / "tests" / "fuzz" / "corpus" / "realms" / "realm.json"
CLIENT = "registry.example.com"
BASE = "https://auth.example.com/auth"
Node = dict[str, Any]
Change = Callable[[Node], object]


def _as_it_is(_: Node) -> None:
    """Change nothing."""


def _export(change: Change = _as_it_is) -> Node:
    realm: Node = json.loads(EXPORT.read_text())
    change(realm)
    return realm


def _translated(change: Change = _as_it_is, url: str | None = BASE, **more: Any) -> Imported:
    document = yaml.parse(json.dumps(_export(change), indent=1), "realm.json")
    return translate(document, **({"name": None, "url": url, "prefix": "registry-"} | more))


def _realm(imported: Imported) -> Node:
    return dict(plain_yaml.safe_load(imported.configuration)["realms"]["corp"])


def _directory(change: Change) -> Node:
    return dict(_realm(_translated(change))["directory"])


def _rules(imported: Imported) -> dict[str, Node]:
    return {rule["id"]: rule for rule in plain_yaml.safe_load(imported.rules)["rules"]}


def _said(imported: Imported) -> str:
    return "\n".join(map(str, imported.remarks))


def _client(realm: Node) -> Node:
    return next(each for each in realm["clients"] if each["clientId"] == CLIENT)


def _ldap(realm: Node) -> Node:
    provider: Node = realm["components"]["org.keycloak.storage.UserStorageProvider"][0]
    return provider


def _group_mapper(realm: Node) -> Node:
    return next(
        each
        for each in _ldap(realm)["subComponents"]["org.keycloak.storage.ldap.mappers.LDAPStorageMapper"]
        if each["providerId"] == "group-ldap-mapper"
    )


def test_the_configuration_loads(tmp_path: Path) -> None:
    """As it was written: names, issuer, service, lifetimes and the directory."""
    (tmp_path / "wharfinger.yaml").write_text(_translated().configuration)
    loaded = settings.load(tmp_path / "wharfinger.yaml")
    realm = loaded.realms[loaded.default_realm]
    assert loaded.default_realm == "corp"
    assert realm.issuer == f"{BASE}/realms/corp"
    assert set(realm.services) == {CLIENT}
    assert (realm.lifetimes.default.seconds, realm.lifetimes.push.seconds) == (600, 900)
    assert realm.directory.servers == ("ldaps://ldap1.example.com", "ldaps://ldap2.example.com:636")
    assert realm.directory.service_account is not None
    assert realm.directory.service_account.dn == "cn=keycloak,dc=example,dc=com"
    assert realm.directory.users.scope == "one"
    assert realm.directory.groups.bases == ("ou=groups,dc=example,dc=com",)


def test_no_secret_is_taken_over() -> None:
    """Neither the password of the bind, nor a private key, nor a client's secret or a password's hash."""
    imported = _translated()
    assert "s3cret" in EXPORT.read_text()
    assert "s3cret" not in imported.configuration + imported.rules + _said(imported)
    assert "bindCredential is not taken over: it belongs into the file ldap-password" in _said(imported)
    assert "no key is taken over; Keycloak signs with one of 'rsa-generated'" in _said(imported)


def test_the_address_of_keycloak_may_stand_in_the_export() -> None:
    """As the realm's front-end URL; what is given counts more."""
    assert _realm(_translated(url=None))["issuer"] == f"{BASE}/realms/corp"
    given = _translated(url="https://sso.example.com/")
    assert _realm(given)["issuer"] == "https://sso.example.com/realms/corp"


@pytest.mark.parametrize("url", ["", "auth.example.com", "https://alice:x@auth.example.com", "https://a/?b"])
def test_the_address_of_keycloak_is_needed(url: str) -> None:
    """Without it, the issuer is not known; a password in it is not shown."""
    with pytest.raises(ConfigurationError) as caught:
        _translated(lambda realm: realm.pop("attributes"), url=url or None)
    assert "Keycloak" in str(caught.value)
    assert "alice" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("vendor", "ad", {"kind": "activedirectory"}),
        ("vendor", "rhds", {"kind": "389ds"}),
        ("vendor", "edirectory", {"kind": "generic"}),
        ("uuidLDAPAttribute", "ipaUniqueID", {"kind": "freeipa"}),
        ("authType", "none", {"service_account": {"anonymous": True}}),
        ("bindDn", "svc@corp.example.com", {"service_account": {"name": "svc@corp.example.com"}}),
        ("startTls", "true", {"start_tls": True}),
        ("connectionUrl", "ldap://ldap.example.com:389/", {"servers": ["ldap://ldap.example.com:389"]}),
    ],
)
def test_what_the_federation_says(key: str, value: str, expected: Node) -> None:
    """Each setting where it stands here."""

    def change(realm: Node) -> None:
        config = _ldap(realm)["config"]
        config[key] = [value]
        if key == "startTls":
            config["connectionUrl"] = ["ldap://ldap.example.com"]

    section = _directory(change)
    for name, wanted in expected.items():
        found = section[name]
        assert found.items() >= wanted.items() if isinstance(wanted, dict) else found == wanted


def test_people_are_found_as_they_were() -> None:
    """By object classes and the further filter, and by the attribute of their name."""
    users = _directory(lambda realm: _ldap(realm)["config"].update(usernameLDAPAttribute=["cn"]))["users"]
    classes = "(objectClass=inetOrgPerson)(objectClass=organizationalPerson)"
    assert users["filter"] == f"(&{classes}(!(employeeType=robot)))"
    assert users["login_attributes"] == ["cn"]
    assert users["subject_attribute"] == "cn"


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("LOAD_GROUPS_BY_MEMBER_ATTRIBUTE", "member_search"),
        ("GET_GROUPS_FROM_USER_MEMBEROF_ATTRIBUTE", "member_of"),
        ("LOAD_GROUPS_BY_MEMBER_ATTRIBUTE_RECURSIVELY", "in_chain"),
    ],
)
def test_how_groups_are_found(strategy: str, expected: str) -> None:
    """By the way that Keycloak's mapper takes."""

    def change(realm: Node) -> None:
        config = {"user.roles.retrieve.strategy": [strategy], "memberof.ldap.attribute": ["isMemberOf"]}
        _group_mapper(realm)["config"].update(config)

    groups = _directory(change)["groups"]
    assert groups["strategy"] == expected
    assert groups.get("member_of_attribute") == ("isMemberOf" if expected == "member_of" else None)


def _add(key: str, *items: Node) -> Change:
    return lambda realm: realm[key].extend(copy.deepcopy(items))


_OTHER = {"name": "other", "providerId": "ldap", "config": {"priority": ["1"]}}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            lambda r: _ldap(r)["config"].update(connectionUrl=["ldap://ldap.example.com"]),
            "in clear; `start_tls",
        ),
        (lambda r: _ldap(r)["config"].update(connectionUrl=["ldaps://a:x@b ldaps://c"]), "holds a user name"),
        (lambda r: _ldap(r)["config"].update(allowKerberosAuthentication=["true"]), "Kerberos are not taken"),
        (lambda r: _ldap(r).update(subComponents={}), "no group of the directory is mapped"),
        (
            lambda r: r["components"]["org.keycloak.storage.UserStorageProvider"].append(_OTHER),
            "'other' is left",
        ),
        (lambda r: r["components"].pop("org.keycloak.storage.UserStorageProvider"), "no LDAP federation"),
        (lambda r: _ldap(r)["config"].update(enabled=["false"]), "'ldap' is disabled"),
        (
            lambda r: _group_mapper(r)["config"].update({"membership.ldap.attribute": ["roleOccupant"]}),
            "list their",
        ),
        (lambda r: _group_mapper(r).update(providerId="role-ldap-mapper"), "(role-ldap-mapper) is not taken"),
        (lambda r: r.update(accessTokenLifespan=30), "tokens live 60 seconds here, and 30 in Keycloak"),
        (lambda r: _client(r).update(protocolMappers=[]), "has no mapper"),
        (lambda r: _client(r)["protocolMappers"][0].update(protocolMapper="mine"), "'mine' of the client"),
        (
            lambda r: _client(r)["protocolMappers"][0].update(protocolMapper="docker-v2-allow-all-mapper"),
            "everything",
        ),
        (_add("groups", {"name": "a*", "clientRoles": {CLIENT: ["admin"]}}), "'a*' cannot stand in rules"),
        (_as_it_is, "accounts that are in Keycloak alone (1): 'ci'"),
        (_as_it_is, "groups below 'registry-web' are told apart by their path"),
        (_as_it_is, "the role 'boss' contains roles of 'registry.example.com'"),
        (_as_it_is, "'alice' has the role 'editor' without a group"),
        (_as_it_is, "the client 'old' is disabled"),
        (_as_it_is, "by their mail address as well"),
        (_as_it_is, "REGISTRY_CATALOG_AUDIENCE and REGISTRY_NAMESPACE_SCOPE"),
    ],
)
def test_what_is_not_taken_over_is_said(change: Change, text: str) -> None:
    """In words, each with the line where its reason stands."""
    said = [str(each) for each in _translated(change).remarks if text in str(each)]
    assert said, _said(_translated(change))
    assert all(each.startswith("line ") for each in said)


def test_keycloaks_own_mapper_gives_everything() -> None:
    """To everybody who can log in, and so do the rules."""

    def change(realm: Node) -> None:
        _client(realm)["protocolMappers"][0]["protocolMapper"] = "docker-v2-allow-all-mapper"

    found = _rules(_translated(change))
    assert found.keys() == {"keycloak-everything", "keycloak-catalog"}
    assert found["keycloak-everything"]["authenticated"] is True


def test_a_mapper_of_a_scope_counts() -> None:
    """Where the client uses that scope."""

    def change(realm: Node) -> None:
        mappers = _client(realm).pop("protocolMappers")
        realm["clientScopes"] = [{"name": "docker", "protocolMappers": mappers}, {"name": "unused"}]
        _client(realm)["defaultClientScopes"] = ["docker"]

    assert _rules(_translated(change)) == _rules(_translated())


def test_several_registries_have_rules_of_their_own() -> None:
    """For their services alone."""
    mapper = {"protocol": "docker-v2", "protocolMapper": "docker-v2-allow-all-mapper"}
    second = {"clientId": "two", "protocol": "docker-v2", "protocolMappers": [mapper]}
    imported = _translated(_add("clients", second))
    assert set(_realm(imported)["services"]) == {CLIENT, "two"}
    found = _rules(imported)
    assert found["keycloak-2-everything"]["when"] == {"services": ["two"]}
    assert found["keycloak-1-readers"]["when"] == {"services": [CLIENT]}


def test_roles_with_attributes() -> None:
    """`registry:NAMESPACE` and `registry: catalog`, for whoever has the role."""
    found = _rules(_translated())
    shared = next(rule for rule in found.values() if rule.get("repositories") == ["shared/**"])
    assert (shared["users"], shared["allow"]) == (["alice"], ["pull", "push"])


def test_push_alone_brings_pull() -> None:
    """As everywhere here, and it is said."""

    def change(realm: Node) -> None:
        (role,) = (each for each in realm["roles"]["client"][CLIENT] if each["name"] == "ui")
        role["attributes"] = {"registry:shared": ["push"]}

    assert "gives push alone, which brings pull here" in _said(_translated(change))
    assert "brings pull" not in _said(_translated())


def test_the_rules_give_what_the_mapper_gives() -> None:
    """For every combination of groups, by repository and for the catalog."""
    rule_set = load.compiled([FileText("rules.yaml", _translated().rules)]).tested(NOW)
    of_groups = {"release-managers": ["editor"], "deputies": ["editor"], "admins": ["admin"]}
    names = ("registry-platform", "Registry-web", "registry-x", *of_groups)
    places = (
        *(("repository", name) for name in ("platform/app", "platform/a/b", "web/app", "app", "x/y")),
        ("registry", "catalog"),
    )
    for count in range(4):
        for groups in itertools.combinations(names, count):
            roles = [role for group in groups for role in of_groups.get(group, ())]
            subject = Persona("carol", tuple(map(NamedGroup.parse, groups)))
            for kind, name in places:
                asked = f"{kind}:{name}:{'*' if kind == 'registry' else 'pull,push,delete'}"
                access = decision(rule_set, subject, asked, service=CLIENT).access
                ours = frozenset(access[0].actions) if access else frozenset()
                assert ours == granted(groups, roles, kind, name), (groups, name)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda r: r.pop("realm"), "it is not clear which realm is meant"),
        (lambda r: r.update(clients=[]), "no client is a registry's"),
        (lambda r: r.update(clients={}), "'clients' must be a list"),
        (lambda r: r.update(clients=[1]), "must be a mapping"),
        (
            lambda r: r.update(groups=[{"name": 1, "clientRoles": {CLIENT: ["admin"]}}]),
            "'name' must be a text",
        ),
        (lambda r: _ldap(r)["config"].update(bindDn="s3cret"), "'bindDn' must be a list"),
        (lambda r: _ldap(r)["config"].update(usersDn=["s3cret"]), "directory.users.bases"),
        (lambda r: _ldap(r)["config"].pop("connectionUrl"), "directory.servers"),
        (lambda r: _group_mapper(r)["config"].pop("groups.dn"), "'groups.dn' is missing"),
        (lambda r: _ldap(r)["config"].pop("usersDn"), "'usersDn' is missing"),
        (lambda r: _ldap(r)["config"].update(usersDn=[""]), "'usersDn' is missing"),
    ],
)
def test_what_is_no_such_export(change: Change, text: str) -> None:
    """It is said where and why."""
    with pytest.raises(ConfigurationError) as caught:
        _translated(change)
    assert text in str(caught.value)
    assert str(caught.value).startswith("realm.json:")


def test_an_export_of_several_realms() -> None:
    """One of them is named, or all are listed."""
    document = yaml.parse(json.dumps([_export(), {"realm": "other"}]), "realm.json")
    made = translate(document, name="corp", url=BASE, prefix="registry-")
    assert _realm(made)["issuer"] == f"{BASE}/realms/corp"
    with pytest.raises(ConfigurationError, match="name one by --realm: corp, other"):
        translate(document, name=None, url=BASE, prefix="registry-")


def _import(folder: Path, *words: str) -> Result:
    path = folder / "realm.json"
    path.write_text(EXPORT.read_text())
    return CliRunner().invoke(rules, ["import", "keycloak", str(path), *words])


def test_the_command_prints_both_files(tmp_path: Path) -> None:
    """As two documents of YAML, and what is left to do on standard error."""
    done = _import(tmp_path)
    assert done.exit_code == 0, done.output
    first, second = plain_yaml.safe_load_all(done.stdout)
    assert first["default_realm"] == "corp"
    assert second["version"] == 1
    assert "no key is taken over" in done.stderr


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """Neither of the files where one of them is there."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "rules.yaml").write_text("mine")
    done = _import(tmp_path, "--out", str(folder))
    assert done.exit_code == 1
    assert "exists" in done.output
    assert not (folder / "wharfinger.yaml").exists()
    assert (folder / "rules.yaml").read_text() == "mine"


def test_both_files_are_written(tmp_path: Path) -> None:
    """Into a folder that is made."""
    done = _import(tmp_path, "--out", str(tmp_path / "new" / "out"))
    assert done.exit_code == 0, done.output
    assert sorted(each.name for each in (tmp_path / "new" / "out").iterdir()) == [
        "rules.yaml",
        "wharfinger.yaml",
    ]
