"""The search filters by which people and groups are found; `app.ldap.filters` escapes what stands in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.ldap.filters import any_of, equals_any, escape, octets


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
