"""The search filters that find people and groups; `app.ldap.filters` escapes the values in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.ldap import oids
from app.ldap.filters import any_of, equals_any, escape, octets

MOMENTS: Mapping[str, Callable[[datetime], str]] = {
    "{now}": lambda now: f"{now.astimezone(UTC):%Y%m%d%H%M%SZ}",
    "{now_days}": lambda now: str(days(now)),
    "{now_filetime}": lambda now: str(filetime(now)),
}
"""What stands in a configured filter for the time of its use: as generalizedTime, in days, as FILETIME."""
_DAY, _TICK = timedelta(days=1), timedelta(microseconds=1)
_UNIX_EPOCH, _WINDOWS_EPOCH = datetime(1970, 1, 1, tzinfo=UTC), datetime(1601, 1, 1, tzinfo=UTC)


def at(text: str, now: datetime) -> str:
    """Return a configured filter with the time (aware) in the place of its `MOMENTS`."""
    for place, written in MOMENTS.items():
        text = text.replace(place, written(now))
    return text


def days(now: datetime) -> int:
    """Return the whole days since 1970, by UTC."""
    return (now - _UNIX_EPOCH) // _DAY


def filetime(now: datetime) -> int:
    """Return the tenths of microseconds since 1601 ([MS-DTYP] 2.3.3)."""
    return (now - _WINDOWS_EPOCH) // _TICK * 10


def restricted(text: str, configured: str) -> str:
    """Return a filter for what both filters match; an empty configured filter restricts nothing."""
    return f"(&{configured}{text})" if configured else text


def person(login_attributes: Sequence[str], name: str, configured: str) -> str:
    """Return a filter for the person of a typed name."""
    return restricted(equals_any(login_attributes, name), configured)


@dataclass(frozen=True, slots=True)
class Member:
    """The values by which groups can list a person, or have one as a primary member.

    Attributes:
        dn: The entry's DN, exactly as the server returned it.
        uids: The entry's own uid values: servers compare `memberUid` with regard to case.
        gid_numbers: The entry's gidNumber values.
        primary_sid: The SID of its primary group in Active Directory; empty elsewhere.
    """

    dn: str
    uids: Sequence[str] = ()
    gid_numbers: Sequence[str] = ()
    primary_sid: bytes = b""

    def primary(self) -> list[str]:
        """Return filters for the primary groups."""
        posix = [f"(&(objectClass=posixGroup)(gidNumber={escape(number)}))" for number in self.gid_numbers]
        return posix + ([has_sid(self.primary_sid)] if self.primary_sid else [])

    def listing(self) -> list[str]:
        """Return filters for the groups that list the person."""
        by_dn = [f"({attribute}={escape(self.dn)})" for attribute in ("member", "uniqueMember")]
        return by_dn + [f"(memberUid={escape(uid)})" for uid in self.uids if uid]


def has_sid(sid: bytes) -> str:
    """Return a filter for the entry of a SID ([MS-DTYP] 2.4.2.2)."""
    return f"(objectSid={octets(sid)})"


def groups_of_person(member: Member, configured: str) -> str:
    """Return a filter for the groups of a person, in every way in which groups can have members."""
    return restricted(any_of(member.listing() + member.primary()), configured)


def groups_of_groups(dns: Iterable[str], configured: str) -> str:
    """Return a filter for the groups that list one of these groups as a member."""
    matchers = (f"(member={escape(dn)})(uniqueMember={escape(dn)})" for dn in dns)
    return restricted(f"(|{''.join(matchers)})", configured)


def in_chain(dn: str) -> str:
    """Return a filter for the groups that list an entry, or a group that does, and so on."""
    return f"(member:{oids.IN_CHAIN}:={escape(dn)})"


def named_like(rdn: Iterable[tuple[str, str]]) -> str:
    """Return a filter for the entries with an RDN, wherever they are.

    Args:
        rdn: Types and values, the values unescaped.
    """
    parts = [f"({attribute}={escape(value)})" for attribute, value in rdn]
    return parts[0] if len(parts) == 1 else f"(&{''.join(parts)})"
