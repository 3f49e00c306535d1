"""The attributes that a server knows, and those that are configured."""

from __future__ import annotations

from app.directory import schema
from app.directory.settings import DirectorySettings
from app.ldap import filter_syntax

DEFINITIONS = (
    "( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'RFC4519: (common) name' SUP name )",
    "( 0.9.2342.19200300.100.1.1 NAME 'uid' EQUALITY caseIgnoreMatch )",
    "( employeeType-oid NAME 'employeeType' )",
    "(1.2.840.113556.1.4.8 SYNTAX 'x')",
    "not a definition",
)


def test_every_name_of_a_definition_is_known() -> None:
    """One name, several, or the number alone."""
    found = schema.known(DEFINITIONS)
    assert found >= {"cn", "commonname", "uid", "employeetype", "2.5.4.3", "1.2.840.113556.1.4.8"}
    assert "(common) name" not in found


def test_attributes_stand_anywhere_in_a_filter() -> None:
    """Of every kind of comparison; a matching rule without an attribute names none."""
    text = "(&(a=x)(|(!(b>=1))(c:1.2.3:=4)(d;lang-de=*))(e=*f=g*)(:1.2:=x))"
    assert list(filter_syntax.attributes(text)) == ["a", "b", "c", "d;lang-de", "e"]
    assert list(filter_syntax.attributes("")) == []


def test_what_the_server_does_not_know_is_given_with_its_key() -> None:
    """Options do not count, nor case; what belongs to groups only where groups are looked for."""
    users = {
        "bases": ["dc=x"],
        "login_attributes": ["UID", "mial"],
        "attributes": ["cn;lang-de"],
        "disabled_filter": "(employeTipe=gone)",
    }
    login = {"mode": "direct", "template": "uid={username},dc=x"}
    section = {"servers": ["ldap://127.0.0.1"], "users": users, "login": login}
    nobody = DirectorySettings.model_validate(section | {"groups": {"strategy": "none"}})
    assert schema.unknown(nobody, schema.known(DEFINITIONS)) == [
        ("users.login_attributes", "mial"),
        ("users.disabled_filter", "employeTipe"),
    ]
    groups = {"bases": ["dc=x"], "name_attribute": "name", "filter": "(objectClass=group)"}
    found = schema.unknown(DirectorySettings.model_validate(section | {"groups": groups}), frozenset(["uid"]))
    assert ("groups.name_attribute", "name") in found
    assert ("groups.filter", "objectClass") in found
