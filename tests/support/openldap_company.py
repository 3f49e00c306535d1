"""What OpenLDAP allows and people trip over: odd names, groups of every kind, and accounts in every state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tests.support.ldif import Value, entry
from tests.support.slapd import SUFFIX, Variant

PEOPLE: Final = f"ou=people,{SUFFIX}"
GROUPS: Final = f"ou=groups,{SUFFIX}"
AFAR: Final = f"ou=afar,{SUFFIX}"
"""A unit with a reference to another server in it."""
LIMITED: Final = f"cn=limited,ou=services,{SUFFIX}"
"""A service account to which the server gives one entry at the most."""
BLIND: Final = f"cn=blind,ou=services,{SUFFIX}"
"""A service account that may read no group."""
PASSWORD: Final = "x-password"
"""Everybody's, the service accounts' too."""
CROWD: Final = 60
"""In so many groups is crowded: more than one filter of 50."""
PARENTS: Final = range(0, CROWD, 55)
"""The groups of these that are in a further one each."""

_LONG_AGO: Final = "20200101000000Z"
_FAR_OFF: Final = "20380101000000Z"
_COMMA: Final = f"cn=Carter\\, Carol+uid=comma,{PEOPLE}"
_SALES: Final = f"cn=Sales\\, North \\+ South (old)*\\\\,{GROUPS}"
_BLANKS: Final = f"cn=\\20two  blanks\\20,{PEOPLE}"

_CONFIG: Final = f"""
include /etc/ldap/schema/dyngroup.schema
moduleload dynlist
overlay dynlist
dynlist-attrset groupOfURLs memberURL member
limits dn.exact="{LIMITED}" size.soft=1 size.hard=1

access to dn.subtree="{AFAR}"
    by dn.exact="cn=wharfinger,ou=services,{SUFFIX}" read
    by anonymous auth
    by * none
access to dn.subtree="{PEOPLE}" attrs=entry,children,@extensibleObject,@inetOrgPerson
    by dn.exact="{BLIND}" read
    by dn.exact="{LIMITED}" read
    by * break
access to dn.subtree="{GROUPS}"
    by dn.exact="{LIMITED}" read
    by * break
"""


def company() -> Variant:
    """Return the directory with all of this in it."""
    return Variant(config=_CONFIG, ldif="\n" + "".join([*_units(), *_people(), *_states(), *_groups()]))


def _units() -> list[str]:
    accounts = [
        entry(dn, objectClass=["applicationProcess", "simpleSecurityObject"], userPassword=PASSWORD)
        for dn in (LIMITED, BLIND)
    ]
    units = [f"ou=more,{PEOPLE}", f"ou=east,{GROUPS}", AFAR]
    policy = f"ou=policies,{SUFFIX}"
    classes = ["device", "pwdPolicy"]
    strict = {"pwdAttribute": "userPassword", "pwdMaxAge": "31536000", "pwdMustChange": "TRUE"}
    return [
        *accounts,
        *(entry(dn, objectClass="organizationalUnit") for dn in units),
        entry(f"cn=strict,{policy}", objectClass=classes, **strict),
        entry(f"cn=graceful,{policy}", objectClass=classes, **strict, pwdGraceAuthNLimit="1000"),
        entry(f"cn=warning,{policy}", objectClass=classes, **strict, pwdExpireWarning="2147483647"),
        entry(
            f"ou=elsewhere,{AFAR}",
            objectClass=["referral", "extensibleObject"],
            ref="ldap://127.0.0.1:1/ou=elsewhere,dc=example,dc=com",
        ),
        _person(f"uid=neighbour,{AFAR}", "neighbour"),
    ]


def _people() -> list[str]:
    posix = {"gidNumber": "20001", "uidNumber": "20001", "homeDirectory": "/"}
    return [
        _person(_COMMA, "comma", cn="Carter, Carol"),
        _person(_BLANKS, "blanks", cn=" two  blanks "),
        _person(f"cn=Grüße \\C3\\9F,{PEOPLE}", "umlaut", cn="Grüße ß"),
        _person(f"uid=straße,{PEOPLE}", "straße"),
        _person(f"uid=strasse,{PEOPLE}", "strasse"),
        _person(f"uid=twin,{PEOPLE}", "twin"),
        _person(f"uid=twin,ou=more,{PEOPLE}", "twin"),
        entry(
            f"cn=two names,{PEOPLE}",
            objectClass="inetOrgPerson",
            sn="x",
            uid=["two", "second"],
            userPassword=PASSWORD,
        ),
        _person(f"uid=loop,{PEOPLE}", "loop"),
        _person(f"uid=mallory,{PEOPLE}", "mallory"),
        _person(f"uid=a\\+b\\3Dc,{PEOPLE}", "a+b=c"),
        _person(f"uid=diamond,{PEOPLE}", "diamond"),
        _person(f"uid=deep,{PEOPLE}", "deep"),
        _person(f"uid=crowded,{PEOPLE}", "crowded"),
        _person(f"uid=dynamic,{PEOPLE}", "dynamic", departmentNumber="7"),
        _person(f"uid=unique,{PEOPLE}", "unique"),
        _person(f"uid=Posix,{PEOPLE}", "Posix", "posixAccount", **posix),
        _person(f"uid=dismissed,{PEOPLE}", "dismissed", employeeType="dismissed"),
        _person(f"uid=expired,{PEOPLE}", "expired", "shadowAccount", shadowExpire="100"),
        _person(f"uid=lasting,{PEOPLE}", "lasting", "shadowAccount", shadowExpire="100000"),
        _person(f"uid=no-password,{PEOPLE}", "no-password", userPassword=""),
        entry(
            f"uid=alias,{PEOPLE}",
            objectClass=["alias", "extensibleObject"],
            aliasedObjectName=f"uid=loop,{PEOPLE}",
        ),
    ]


def _states() -> list[str]:
    def person(name: str, policy: str, **more: Value) -> str:
        under = f"cn={policy},ou=policies,{SUFFIX}"
        return _person(f"uid={name},{PEOPLE}", name, pwdPolicySubentry=under, **more)

    return [
        person("password-expired", "strict", pwdChangedTime=_LONG_AGO),
        person("must-change", "strict", pwdChangedTime=_FAR_OFF, pwdReset="TRUE"),
        person("grace", "graceful", pwdChangedTime=_LONG_AGO),
        person("warned", "warning", pwdChangedTime="20260101000000Z"),
        person("over", "strict", pwdChangedTime=_FAR_OFF, pwdEndTime=_LONG_AGO),
    ]


def _groups() -> list[str]:
    loop, diamond, deep = (f"uid={name},{PEOPLE}" for name in ("loop", "diamond", "deep"))
    crowded = f"uid=crowded,{PEOPLE}"
    return [
        _group(
            f"cn=Sales\\, North \\+ South (old)*\\\\,{GROUPS}", _COMMA, cn="Sales, North + South (old)*\\"
        ),
        _group(f"cn=same,{GROUPS}", _COMMA),
        _group(f"cn=same,ou=east,{GROUPS}", _COMMA),
        _group(f"cn=\\20padded\\20,{GROUPS}", _BLANKS, cn=" padded "),
        _group(f"cn=Grüße,{GROUPS}", f"cn=Grüße \\C3\\9F,{PEOPLE}"),
        _group(f"cn=ring-a,{GROUPS}", loop, f"cn=ring-b,{GROUPS}"),
        _group(f"cn=ring-b,{GROUPS}", f"cn=ring-a,{GROUPS}"),
        _group(f"cn=left,{GROUPS}", diamond),
        _group(f"cn=right,{GROUPS}", diamond),
        _group(f"cn=bottom,{GROUPS}", f"cn=left,{GROUPS}", f"cn=right,{GROUPS}"),
        _group(f"cn=level-0,{GROUPS}", deep),
        *(_group(f"cn=level-{level},{GROUPS}", f"cn=level-{level - 1},{GROUPS}") for level in range(1, 5)),
        *(_group(f"cn=crowd-{number:03},{GROUPS}", crowded) for number in range(CROWD)),
        *(_group(f"cn=above-{number:03},{GROUPS}", f"cn=crowd-{number:03},{GROUPS}") for number in PARENTS),
        entry(
            f"cn=unique-names,{GROUPS}",
            objectClass="groupOfUniqueNames",
            uniqueMember=f"uid=unique,{PEOPLE}",
        ),
        entry(
            f"cn=by-department,{GROUPS}",
            objectClass="groupOfURLs",
            memberURL=f"ldap:///{PEOPLE}??one?(departmentNumber=7)",
        ),
        _posix("listed", "30001", "Posix"),
        _posix("listed-otherwise", "30002", "posix"),
        _posix("primary", "20001"),
    ]


def _posix(name: str, number: str, *members: str) -> str:
    return entry(f"cn={name},{GROUPS}", objectClass="posixGroup", gidNumber=number, memberUid=members)


def _person(dn: str, uid: str, *classes: str, **more: Value) -> str:
    whole = {"cn": uid, "sn": uid, "uid": uid, "userPassword": PASSWORD} | more
    kept = {name: value for name, value in whole.items() if value}
    return entry(dn, objectClass=["inetOrgPerson", *classes], **kept)


def _group(dn: str, *members: str, **more: Value) -> str:
    named: dict[str, Value | Sequence[str]] = {"objectClass": "groupOfNames", "member": members}
    return entry(dn, **(named | more))
