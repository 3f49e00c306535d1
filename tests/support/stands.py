"""What each real directory is to answer: its people, the states of its accounts, and groups by strategy.

The contract (`tests/integration/test_directory_contract.py`) is one for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.errors import Code
from tests.support import dirsrv_company, openldap_company, plain_company, samba_company
from tests.support.directory import GROUPS, PASSWORDS
from tests.support.slapd import SUFFIX

Found = Mapping[str, str]
"""How each group was found, by its name."""

_NAMES: Final = ("alice", "bob", "carol", "erin", "frank")


@dataclass(frozen=True, slots=True)
class State:
    """An account that may not log in although the password is right.

    Attributes:
        code: What the login ends with.
        proved: Whether the server says so only to whoever gives the right password.
    """

    code: Code
    proved: bool = True


@dataclass(frozen=True, slots=True)
class Strategy:
    """One way of finding groups, and what it finds.

    Attributes:
        groups: What is set of the `groups` section, beside its bases.
        found: By person; whoever is not named here may be in any.
    """

    groups: Mapping[str, Any]
    found: Mapping[str, Found]


@dataclass(frozen=True, slots=True)
class Stand:
    """What one server holds.

    Attributes:
        passwords: Of people who may log in, by name.
        states: By name.
        state_password: The right one of everybody in `states`.
        strategies: By a name for the test's.
        group_bases: Where its groups are.
        suffix: The root of its tree.
    """

    passwords: Mapping[str, str]
    states: Mapping[str, State]
    state_password: str
    strategies: Mapping[str, Strategy]
    group_bases: str
    suffix: str


def _direct(*names: str) -> Found:
    return dict.fromkeys(names, "direct")


def _numbered(name: str, numbers: range) -> list[str]:
    return [f"{name}-{number:03}" for number in numbers]


_CROWD: Final = _numbered("crowd", range(openldap_company.CROWD))
_ABOVE: Final = _numbered("above", openldap_company.PARENTS)

SLAPD: Final = Stand(
    passwords={name: password for name, password in PASSWORDS.items() if name != "dave"},
    states={"dave": State(Code.ACCOUNT_LOCKED, proved=False)},
    state_password=PASSWORDS["dave"],
    strategies={
        "member_search": Strategy(
            {"strategy": "member_search", "nested": True},
            {name: dict(groups) for name, groups in GROUPS.items() if name != "dave"},
        ),
        "member_of": Strategy(
            {"strategy": "member_of", "nested": True},
            {name: dict(groups) for name, groups in GROUPS.items() if name != "dave"},
        ),
        "not nested": Strategy({"strategy": "member_search"}, {"erin": _direct("data-leads")}),
        "none": Strategy({"strategy": "none"}, {"alice": {}}),
    },
    group_bases=f"ou=groups,{SUFFIX}",
    suffix=SUFFIX,
)

_OPENLDAP_FOUND: Final[Mapping[str, Found]] = {
    "comma": _direct("sales, north + south (old)*\\", "same"),
    "blanks": _direct("padded"),
    "umlaut": _direct("grüße"),
    "loop": {"ring-a": "direct", "ring-b": "through ring-a"},
    "diamond": {**_direct("left", "right"), "bottom": "nested"},
    "deep": {
        "level-0": "direct",
        **{f"level-{level}": f"through level-{level - 1}" for level in range(1, 5)},
    },
    "crowded": {**_direct(*_CROWD), **dict.fromkeys(_ABOVE, "nested")},
}

OPENLDAP: Final = Stand(
    passwords=dict.fromkeys(
        [
            *("comma", "blanks", "umlaut", "straße", "strasse", "loop", "diamond", "deep", "crowded"),
            *("dynamic", "unique", "posix", "grace", "warned"),
        ],
        openldap_company.PASSWORD,
    ),
    states={
        "password-expired": State(Code.PASSWORD_EXPIRED),
        "must-change": State(Code.PASSWORD_MUST_CHANGE),
        "over": State(Code.ACCOUNT_LOCKED, proved=False),
    },
    state_password=openldap_company.PASSWORD,
    strategies={
        "member_search": Strategy(
            {"strategy": "member_search", "nested": True},
            {
                **_OPENLDAP_FOUND,
                "dynamic": _direct("by-department"),
                "unique": _direct("unique-names"),
                "posix": _direct("listed", "primary"),
            },
        ),
        "member_of": Strategy(
            {"strategy": "member_of", "nested": True},
            {**_OPENLDAP_FOUND, "dynamic": {}, "unique": {}, "posix": _direct("primary")},
        ),
        "not nested": Strategy({"strategy": "member_search"}, {"loop": _direct("ring-a")}),
    },
    group_bases=openldap_company.GROUPS,
    suffix=SUFFIX,
)

_TOKEN: Final = "by tokenGroups"
_CHAIN: Final = "in chain"
_AD_CROWD: Final = _numbered("crowd", range(samba_company.CROWD))
_CLIMBED: Final[Mapping[str, Found]] = {
    "alice": {
        **_direct("team-platform", "release-managers", "newsletter"),
        "platform-all": "nested",
        "company": "through platform-all",
    },
    "bob": {"team-web": "direct", "web-all": "through team-web"},
    "carol": _direct("sales-north", "same", "same-east"),
    "erin": _direct(*_AD_CROWD),
    "frank": {"ring-a": "direct", "ring-b": "through ring-a"},
    "zoë": _direct("grüße"),
}


def _all(found: Mapping[str, Found], how: str) -> dict[str, Found]:
    return {name: dict.fromkeys(groups, how) for name, groups in found.items()}


SAMBA: Final = Stand(
    passwords={**{name: f"{name}-password" for name in _NAMES}, "zoë": PASSWORDS["zoë"]},
    states={
        "disabled": State(Code.ACCOUNT_DISABLED),
        "account-expired": State(Code.ACCOUNT_EXPIRED),
        "must-change": State(Code.PASSWORD_MUST_CHANGE),
        "password-expired": State(Code.PASSWORD_EXPIRED),
        "no-hours": State(Code.LOGON_HOURS),
        "one-desk": State(Code.LOGON_RESTRICTED),
        "locked": State(Code.ACCOUNT_LOCKED, proved=False),
    },
    state_password=samba_company.STATE_PASSWORD,
    strategies={
        # the newsletter is no security group: Windows does not count it, and rules should not either
        "token_groups": Strategy(
            {"strategy": "token_groups"},
            {
                **_all(_CLIMBED, _TOKEN),
                "alice": dict.fromkeys(
                    ("team-platform", "release-managers", "platform-all", "company"), _TOKEN
                ),
            },
        ),
        "in_chain": Strategy(
            {"strategy": "in_chain"},
            {**_all(_CLIMBED, _CHAIN), "bob": {"team-web": "direct", "web-all": _CHAIN}},
        ),
        "member_of": Strategy({"strategy": "member_of", "nested": True}, _CLIMBED),
        "member_search": Strategy({"strategy": "member_search", "nested": True}, _CLIMBED),
        "cn": Strategy(
            {"strategy": "token_groups", "name_attribute": "cn"},
            {"carol": dict.fromkeys(("sales, north + south (old)*", "same"), _TOKEN)},
        ),
    },
    group_bases=samba_company.GROUPS,
    suffix=samba_company.SUFFIX,
)

_DIRSRV_FOUND: Final[Mapping[str, Found]] = {
    "alice": _direct("team-platform", "everybody"),
    "erin": {"data-leads": "direct", "team-data": "through data-leads", "everybody": "through team-data"},
    "carol": _direct("sales, north + south (old)*", "same"),
    "zoë": _direct("grüße"),
    "frank": {},
}
_FLAT: Final = "by memberOf"

DIRSRV: Final = Stand(
    passwords={**{name: f"{name}-password" for name in _NAMES}, "zoë": PASSWORDS["zoë"]},
    states={
        "inactivated": State(Code.ACCOUNT_DISABLED, proved=False),
        "password-expired": State(Code.PASSWORD_EXPIRED),
        "must-change": State(Code.PASSWORD_MUST_CHANGE),
        "locked": State(Code.ACCOUNT_LOCKED, proved=False),
    },
    state_password=dirsrv_company.STATE_PASSWORD,
    strategies={
        "member_search": Strategy(
            {"strategy": "member_search", "nested": True},
            {**_DIRSRV_FOUND, "bob": _direct("reviewers")},
        ),
        "member_of": Strategy({"strategy": "member_of"}, {**_all(_DIRSRV_FOUND, _FLAT), "bob": {}}),
    },
    group_bases=dirsrv_company.GROUPS,
    suffix=dirsrv_company.SUFFIX,
)

JVM: Final = Stand(
    passwords=plain_company.PASSWORDS,
    states={},
    state_password="x-password",
    strategies={
        "member_search": Strategy(
            {"strategy": "member_search", "nested": True},
            {**_DIRSRV_FOUND, "bob": _direct("reviewers")},
        ),
        "not nested": Strategy({"strategy": "member_search"}, {"erin": _direct("data-leads")}),
    },
    group_bases=plain_company.GROUPS,
    suffix=plain_company.SUFFIX,
)

STANDS: Final[Mapping[str, Stand]] = {
    "slapd": SLAPD,
    "openldap": OPENLDAP,
    "samba": SAMBA,
    "dirsrv": DIRSRV,
    "slapd_proxy": SLAPD,
    "unboundid": JVM,
    "apacheds": JVM,
    "opendj": JVM,
}
Sections = Callable[..., dict[str, Any]]
"""Return the `directory` section for a running server, with some keys of it replaced."""
