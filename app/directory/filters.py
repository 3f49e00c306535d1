"""The search filters (RFC 4515), built and escaped here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_SPECIAL = re.compile(r"[\\*()\0\s]")
"""What RFC 4515 §3 wants escaped, and white space, which ldap3 would strip from the ends of a value."""

ANYTHING = "(objectClass=*)"
NO_ATTRIBUTES = "1.1"
"""Asked for as an attribute, it is none of them (RFC 4511 §4.5.1.8)."""
_DEEPEST = 50
_VALUE = r"(?:[^\\()\0]|\\[0-9A-Fa-f]{2})*"
_TYPE = r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)(?:;[A-Za-z0-9-]+)*"
_RULE = r"(?::dn)?(?::[A-Za-z0-9.-]+)"
_ITEM = re.compile(rf"\((?:{_TYPE}(?:=|~=|>=|<=|(?::dn)?:=|{_RULE}:=)|{_RULE}:=){_VALUE}\)")


def escape(value: str) -> str:
    """Escape a value for a filter (RFC 4515 §3)."""
    return _SPECIAL.sub(lambda found: "".join(f"\\{octet:02x}" for octet in found.group().encode()), value)


def octets(value: bytes) -> str:
    """Escape octets for a filter, each of them."""
    return "".join(f"\\{octet:02x}" for octet in value)


def check(text: str) -> None:
    """Check a filter that somebody wrote (RFC 4515 §3); an empty one is none and is let be.

    Raises:
        ValueError: It is not a filter; says what is wrong.
    """
    if text and _check(text, 0, _DEEPEST) != len(text):
        raise ValueError("something follows its last bracket")


def _check(text: str, start: int, depth: int) -> int:
    """Check the filter that begins at a place; gives where it ends."""
    if not depth:
        raise ValueError("it is nested too deeply")
    if text[start : start + 1] != "(":
        raise ValueError(f"'(' is missing at character {start + 1}")
    if text[start + 1 : start + 2] not in ("&", "|", "!"):
        item = _ITEM.match(text, start)
        if item is None:
            raise ValueError(f"{text[start : start + 40]!r} does not begin with (attribute=value)")
        return item.end()
    position = start + 2
    parts = 0
    while text[position : position + 1] == "(":
        position = _check(text, position, depth - 1)
        parts += 1
    if text[position : position + 1] != ")":
        raise ValueError(f"')' is missing at character {position + 1}")
    if not parts or (text[start + 1] == "!" and parts > 1):
        raise ValueError(f"{text[start + 1]!r} at character {start + 2} has no filter, or too many")
    return position + 1


def equals_any(attributes: Iterable[str], value: str) -> str:
    """Match entries of which one of the attributes has the value."""
    return any_of(f"({attribute}={escape(value)})" for attribute in attributes)


def any_of(filters: Iterable[str]) -> str:
    """Match what one of the filters matches."""
    parts = list(filters)
    return parts[0] if len(parts) == 1 else f"(|{''.join(parts)})"


def restricted(text: str, configured: str) -> str:
    """Match what the filter matches and the configured filter does too; an empty one restricts nothing."""
    return f"(&{configured}{text})" if configured else text


def person(login_attributes: Sequence[str], name: str, configured: str) -> str:
    """Match the person of a typed name."""
    return restricted(equals_any(login_attributes, name), configured)


@dataclass(frozen=True, slots=True)
class Member:
    """By what groups can list a person, or have one as a primary member.

    Attributes:
        dn: The entry's DN, exactly as the server returned it.
        uids: The entry's own uid values: `memberUid` is compared with regard to case.
        gid_numbers: The entry's gidNumber values.
        primary_sid: The SID of its primary group in Active Directory; empty elsewhere.
    """

    dn: str
    uids: Sequence[str] = ()
    gid_numbers: Sequence[str] = ()
    primary_sid: bytes = b""

    def primary(self) -> list[str]:
        """Match the primary groups."""
        posix = [f"(&(objectClass=posixGroup)(gidNumber={escape(number)}))" for number in self.gid_numbers]
        return posix + ([has_sid(self.primary_sid)] if self.primary_sid else [])

    def listing(self) -> list[str]:
        """Match the groups that list the person."""
        by_dn = [f"({attribute}={escape(self.dn)})" for attribute in ("member", "uniqueMember")]
        return by_dn + [f"(memberUid={escape(uid)})" for uid in self.uids if uid]


def has_sid(sid: bytes) -> str:
    """Match the entry of a SID ([MS-DTYP] 2.4.2.2)."""
    return f"(objectSid={octets(sid)})"


def groups_of_person(member: Member, configured: str) -> str:
    """Match the groups of a person, in each of the ways in which groups have members."""
    return restricted(any_of(member.listing() + member.primary()), configured)


def groups_of_groups(dns: Iterable[str], configured: str) -> str:
    """Match the groups that list one of the groups as a member."""
    matchers = (f"(member={escape(dn)})(uniqueMember={escape(dn)})" for dn in dns)
    return restricted(f"(|{''.join(matchers)})", configured)


def in_chain(dn: str) -> str:
    """Match the groups that list an entry, or a group that does, and so on ([MS-ADTS] 3.1.1.3.4.4.3)."""
    return f"(member:1.2.840.113556.1.4.1941:={escape(dn)})"


def named_like(rdn: Iterable[tuple[str, str]]) -> str:
    """Match the entries with an RDN, wherever they are.

    Args:
        rdn: Types and values, the values unescaped.
    """
    parts = [f"({attribute}={escape(value)})" for attribute, value in rdn]
    return parts[0] if len(parts) == 1 else f"(&{''.join(parts)})"
