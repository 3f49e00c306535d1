"""Who is in the sample 389 Directory Server, and in which state."""

from __future__ import annotations

from typing import Final

from tests.support.ldif import Value, entry, replacement

SUFFIX: Final = "dc=example,dc=com"
PEOPLE: Final = f"ou=people,{SUFFIX}"
GROUPS: Final = f"ou=groups,{SUFFIX}"
SERVICE_ACCOUNT: Final = f"cn=wharfinger,ou=services,{SUFFIX}"
SERVICE_PASSWORD: Final = "wharfinger-password"
STATE_PASSWORD: Final = "x-password"
"""The right password of everybody whose account is in some state."""
MOST_FAILURES: Final = 3
"""After so many wrong passwords an account is locked."""

POLICY: Final = {
    "passwordLockout": "on",
    "passwordMaxFailure": str(MOST_FAILURES),
    "passwordUnlock": "off",
    "passwordExp": "on",
    "passwordMaxAge": "8640000",
    "passwordMustChange": "on",
    "passwordSendExpiringTime": "on",
}
_LONG_AGO: Final = "20200101000000Z"
_UNTIL_UNLOCKED: Final = "19700101000000Z"
_FAR_OFF: Final = "20380101000000Z"


def backend() -> str:
    """Return the database, its place in the tree, and the plugin that writes memberOf."""
    return entry(
        "cn=userroot,cn=ldbm database,cn=plugins,cn=config",
        objectClass=["extensibleObject", "nsBackendInstance"],
        **{"nsslapd-suffix": SUFFIX},
    ) + entry(
        f'cn="{SUFFIX}",cn=mapping tree,cn=config',
        objectClass=["extensibleObject", "nsMappingTree"],
        **{"nsslapd-state": "backend", "nsslapd-backend": "userroot"},
    )


def entries() -> str:
    """Return everybody and everything, as LDIF."""
    return "".join([_top(), *_people(), *_groups()])


def changes() -> str:
    """Return what the server would overwrite when an entry is added."""
    settled = {"passwordExpirationTime": _FAR_OFF}
    people = ("alice", "bob", "erin", "frank", "zoë", "mallory", "inactivated", "locked")
    return "".join(
        [
            replacement(SERVICE_ACCOUNT, **settled),
            replacement(f"cn=Carter\\, Carol+uid=carol,{PEOPLE}", **settled),
            *(replacement(f"uid={name},{PEOPLE}", **settled) for name in people),
            replacement(f"uid=inactivated,{PEOPLE}", nsAccountLock="TRUE"),
            replacement(f"uid=password-expired,{PEOPLE}", passwordExpirationTime=_LONG_AGO),
            replacement(
                f"uid=locked,{PEOPLE}",
                passwordRetryCount=str(MOST_FAILURES),
                accountUnlockTime="19700101000000Z",
            ),
        ]
    )


def _top() -> str:
    rights = f'(version 3.0; acl "search"; allow (read, search, compare) userdn="ldap:///{SERVICE_ACCOUNT}";)'
    units = [
        entry(f"ou={name},{SUFFIX}", objectClass="organizationalUnit")
        for name in ("people", "groups", "services")
    ]
    return "".join(
        [
            entry(SUFFIX, objectClass="domain", aci=f'(targetattr!="userPassword"){rights}'),
            *units,
            entry(f"ou=east,{GROUPS}", objectClass="organizationalUnit"),
            entry(
                SERVICE_ACCOUNT,
                objectClass=["applicationProcess", "simpleSecurityObject"],
                userPassword=SERVICE_PASSWORD,
            ),
        ]
    )


def _people() -> list[str]:
    named = [
        _person(f"uid={name},{PEOPLE}", name, f"{name}-password")
        for name in ("alice", "bob", "erin", "frank", "mallory")
    ]
    states = ("inactivated", "password-expired", "must-change", "locked")
    return [
        *named,
        _person(f"cn=Carter\\, Carol+uid=carol,{PEOPLE}", "carol", "carol-password", cn="Carter, Carol"),
        _person(f"uid=zoë,{PEOPLE}", "zoë", "pä:ss%w+rd &ß€"),
        *(_person(f"uid={name},{PEOPLE}", name, STATE_PASSWORD) for name in states),
    ]


def _person(dn: str, uid: str, password: str, **more: Value) -> str:
    whole = {"cn": uid, "sn": uid, "uid": uid, "mail": "x@example.com", "userPassword": password} | more
    return entry(dn, objectClass=["inetOrgPerson", "nsMemberOf"], **whole)


def _groups() -> list[str]:
    alice, carol = f"uid=alice,{PEOPLE}", f"cn=Carter\\, Carol+uid=carol,{PEOPLE}"
    leads = f"cn=data-leads,{GROUPS}"
    return [
        _group(f"cn=team-platform,{GROUPS}", alice),
        _group(leads, f"uid=erin,{PEOPLE}"),
        _group(f"cn=team-data,{GROUPS}", leads),
        _group(f"cn=everybody,{GROUPS}", f"cn=team-data,{GROUPS}", alice),
        _group(f"cn=Sales\\, North \\+ South (old)*,{GROUPS}", carol),
        _group(f"cn=same,{GROUPS}", carol),
        _group(f"cn=same,ou=east,{GROUPS}", carol),
        _group(f"cn=Grüße,{GROUPS}", f"uid=zoë,{PEOPLE}"),
        entry(f"cn=reviewers,{GROUPS}", objectClass="groupOfUniqueNames", uniqueMember=f"uid=bob,{PEOPLE}"),
    ]


def _group(dn: str, *members: str) -> str:
    return entry(dn, objectClass=["groupOfNames", "nsMemberOf"], member=members)
