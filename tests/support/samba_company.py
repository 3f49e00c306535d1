"""Who is in the sample domain: people in groups of every kind, and one for each state of an account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tests.support.ldif import Value, entry, replacement

REALM: Final = "AD.EXAMPLE.COM"
DOMAIN: Final = "ADEX"
SUFFIX: Final = "DC=ad,DC=example,DC=com"
PEOPLE: Final = f"OU=People,{SUFFIX}"
GROUPS: Final = f"OU=Groups,{SUFFIX}"
SALES: Final = f"OU=Sales\\, North \\+ South,{SUFFIX}"
SERVICE_ACCOUNT: Final = f"CN=wharfinger,OU=Services,{SUFFIX}"
HIDDEN: Final = f"CN=hidden,{GROUPS}"
"""A group that the service account may not read; grace is in it."""
SERVICE_PASSWORD: Final = "wharfinger-password"
FRANKS_UPN: Final = f"frank.fisher@{REALM.lower()}"
ALICE2S_UPN: Final = "alice@corp.example.com"
"""It begins with the sAMAccountName of alice. That of everybody but these two begins with their own."""
STATE_PASSWORD: Final = "x-password"
"""The right password of everybody whose account is in some state."""
CROWD: Final = 120
"""In so many groups is erin: more than two filters of 50."""

_NEVER_EXPIRES, _DISABLED, _NORMAL = 66048, 66050, 512
_LONG_AGO: Final = "133000000000000000"
"""Summer 2022, in the 100 ns of Windows."""
_PRIMARY, _NEWSLETTER = "513", "2"
_DOMAIN_LOCAL, _UNIVERSAL = "-2147483644", "-2147483640"


def entries() -> str:
    """Return everybody and everything, as LDIF."""
    return "".join([*_units(), *_people(), *_states(), *_groups()])


def changes(team_web: str) -> str:
    """Return what can be written only afterwards.

    Args:
        team_web: The number of the group that becomes bob's primary group.
    """
    return "".join(
        [
            replacement(SUFFIX, maxPwdAge="-864000000001"),
            replacement(f"CN=Bob Baker,{PEOPLE}", primaryGroupID=team_web),
            replacement(f"CN=password-expired,{PEOPLE}", pwdLastSet=_LONG_AGO),
            replacement(f"CN=locked,{PEOPLE}", lockoutTime=_LONG_AGO),
            _listed(f"CN=ring-a,{GROUPS}", f"CN=ring-b,{GROUPS}"),
        ]
    )


def _units() -> list[str]:
    dns = [PEOPLE, GROUPS, SALES, f"OU=Services,{SUFFIX}", f"OU=East,{GROUPS}"]
    return [entry(dn, objectClass="organizationalUnit") for dn in dns]


def _people() -> list[str]:
    return [
        _person(f"CN=Alice Archer,{PEOPLE}", "alice", "alice-password", mail="alice@example.com"),
        _person(f"CN=Alice Abel,{PEOPLE}", "alice2", "alice2-password", userPrincipalName=ALICE2S_UPN),
        _person(f"CN=Bob Baker,{PEOPLE}", "bob", "bob-password"),
        _person(f"CN=Carter\\, Carol \\+ Co,{SALES}", "carol", "carol-password"),
        _person(f"CN=Erin Ellis,{PEOPLE}", "erin", "erin-password"),
        _person(f"CN=Frank Fisher,{PEOPLE}", "frank", "frank-password", userPrincipalName=FRANKS_UPN),
        _person(f"CN=Grace Green,{PEOPLE}", "grace", "grace-password"),
        _person(f"CN=Mallory,{PEOPLE}", "mallory", "mallory-password"),
        _person(f"CN=Zoë Zeiß,{PEOPLE}", "zoë", "pä:ss%w+rd &ß€"),
        _person(SERVICE_ACCOUNT, "wharfinger", SERVICE_PASSWORD),
    ]


def _states() -> list[str]:
    def person(name: str, control: int = _NEVER_EXPIRES, **more: Value) -> str:
        return _person(f"CN={name},{PEOPLE}", name, STATE_PASSWORD, control, **more)

    return [
        person("disabled", _DISABLED),
        person("account-expired", accountExpires=_LONG_AGO),
        person("must-change", _NORMAL, pwdLastSet="0"),
        person("password-expired", _NORMAL),
        person("locked"),
        person("no-hours", logonHours=bytes(21)),
        person("one-desk", userWorkstations="elsewhere"),
    ]


def _groups() -> list[str]:
    alice, carol = f"CN=Alice Archer,{PEOPLE}", f"CN=Carter\\, Carol \\+ Co,{SALES}"
    grace = f"CN=Grace Green,{PEOPLE}"
    frank, zoe = f"CN=Frank Fisher,{PEOPLE}", f"CN=Zoë Zeiß,{PEOPLE}"
    return [
        _group(f"CN=team-platform,{GROUPS}", "team-platform", [alice]),
        _group(f"CN=platform-all,{GROUPS}", "platform-all", [f"CN=team-platform,{GROUPS}"]),
        _group(f"CN=company,{GROUPS}", "company", [f"CN=platform-all,{GROUPS}"], _UNIVERSAL),
        _group(f"CN=release-managers,{GROUPS}", "release-managers", [alice], _DOMAIN_LOCAL),
        _group(f"CN=newsletter,{GROUPS}", "newsletter", [alice], _NEWSLETTER),
        _group(f"CN=team-web,{GROUPS}", "team-web", [f"CN=Bob Baker,{PEOPLE}"]),
        _group(f"CN=web-all,{GROUPS}", "web-all", [f"CN=team-web,{GROUPS}"]),
        _group(f"CN=Sales\\, North \\+ South (old)*,{GROUPS}", "sales-north", [carol]),
        _group(f"CN=same,{GROUPS}", "same", [carol]),
        _group(f"CN=same,OU=East,{GROUPS}", "same-east", [carol]),
        _group(f"CN=Grüße,{GROUPS}", "grüße", [zoe]),
        _group(HIDDEN, "hidden", [grace]),
        _group(f"CN=visible,{GROUPS}", "visible", [grace]),
        _group(f"CN=ring-a,{GROUPS}", "ring-a", [frank]),
        _group(f"CN=ring-b,{GROUPS}", "ring-b", [f"CN=ring-a,{GROUPS}"]),
        *(
            _group(f"CN=crowd-{number:03},{GROUPS}", f"crowd-{number:03}", [f"CN=Erin Ellis,{PEOPLE}"])
            for number in range(CROWD)
        ),
    ]


def _listed(group: str, member: str) -> str:
    return f"dn: {group}\nchangetype: modify\nadd: member\nmember: {member}\n\n"


def _person(dn: str, name: str, password: str, control: int = _NEVER_EXPIRES, **more: Value) -> str:
    names: dict[str, Value] = {"sAMAccountName": name, "userPrincipalName": f"{name}@{REALM.lower()}"}
    return entry(
        dn,
        objectClass="user",
        unicodePwd=f'"{password}"'.encode("utf-16-le"),
        userAccountControl=str(control),
        **(names | more),
    )


def _group(dn: str, name: str, members: Sequence[str], kind: str = "-2147483646") -> str:
    return entry(dn, objectClass="group", sAMAccountName=name, groupType=kind, member=members)
