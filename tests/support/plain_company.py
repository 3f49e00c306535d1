"""Who is in the sample directories that run on the JVM: what any LDAP server takes."""

from __future__ import annotations

from typing import Final

from tests.support.ldif import Value, entry

SUFFIX: Final = "dc=example,dc=com"
PEOPLE: Final = f"ou=people,{SUFFIX}"
GROUPS: Final = f"ou=groups,{SUFFIX}"
SERVICE_ACCOUNT: Final = f"cn=wharfinger,ou=services,{SUFFIX}"
SERVICE_PASSWORD: Final = "wharfinger-password"
PASSWORDS: Final = {
    **{name: f"{name}-password" for name in ("alice", "bob", "carol", "erin", "frank")},
    "zoë": "pä:ss%w+rd &ß€",
}

_CAROL: Final = f"cn=Carter\\, Carol+uid=carol,{PEOPLE}"


def root() -> str:
    """Return the root of the tree as LDIF; some servers make it themselves."""
    return entry(SUFFIX, objectClass=["top", "domain"], dc="example")


def entries() -> str:
    """Return everybody and everything below the root as LDIF."""
    units = [
        entry(f"ou={name},{SUFFIX}", objectClass=["top", "organizationalUnit"], ou=name)
        for name in ("people", "groups", "services")
    ]
    account = entry(
        SERVICE_ACCOUNT,
        objectClass=["top", "person"],
        cn="wharfinger",
        sn="wharfinger",
        userPassword=SERVICE_PASSWORD,
    )
    east = entry(f"ou=east,{GROUPS}", objectClass=["top", "organizationalUnit"], ou="east")
    return "".join([*units, account, east, *_people(), *_groups()])


def _people() -> list[str]:
    named = [_person(f"uid={name},{PEOPLE}", name) for name in PASSWORDS if name != "carol"]
    return [*named, _person(_CAROL, "carol", cn="Carter, Carol")]


def _person(dn: str, uid: str, **more: Value) -> str:
    whole = {"cn": uid, "sn": uid, "uid": uid, "mail": "x@example.com", "userPassword": PASSWORDS[uid]} | more
    return entry(dn, objectClass=["top", "person", "organizationalPerson", "inetOrgPerson"], **whole)


def _groups() -> list[str]:
    alice, leads = f"uid=alice,{PEOPLE}", f"cn=data-leads,{GROUPS}"
    return [
        _group("team-platform", alice),
        _group("data-leads", f"uid=erin,{PEOPLE}"),
        _group("team-data", leads),
        _group("everybody", f"cn=team-data,{GROUPS}", alice),
        entry(
            f"cn=Sales\\, North \\+ South (old)*,{GROUPS}",
            objectClass=["top", "groupOfNames"],
            cn="Sales, North + South (old)*",
            member=_CAROL,
        ),
        _group("same", _CAROL),
        entry(f"cn=same,ou=east,{GROUPS}", objectClass=["top", "groupOfNames"], cn="same", member=_CAROL),
        _group("Grüße", f"uid=zoë,{PEOPLE}"),
        entry(
            f"cn=reviewers,{GROUPS}",
            objectClass=["top", "groupOfUniqueNames"],
            cn="reviewers",
            uniqueMember=f"uid=bob,{PEOPLE}",
        ),
    ]


def _group(name: str, *members: str) -> str:
    return entry(f"cn={name},{GROUPS}", objectClass=["top", "groupOfNames"], cn=name, member=members)
