"""The search filters (RFC 4515), built and escaped here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"[\\*()\0\s]")
"""What RFC 4515 §3 wants escaped, and white space, which ldap3 would strip from the ends of a value."""


def escape(value: str) -> str:
    """Escape a value for a filter (RFC 4515 §3)."""
    return _SPECIAL.sub(lambda found: "".join(f"\\{octet:02x}" for octet in found.group().encode()), value)


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


def groups_of_person(dn: str, uid: str, gid_numbers: Sequence[str], configured: str) -> str:
    """Match the groups that list a person, in each of the ways in which groups do.

    Args:
        dn: The entry's DN, exactly as the server returned it.
        uid: The entry's own uid: `memberUid` is compared with regard to case.
        gid_numbers: The entry's gidNumber values, for primary groups.
        configured: The configured filter.
    """
    matchers = [f"(member={escape(dn)})", f"(uniqueMember={escape(dn)})"]
    matchers += [f"(memberUid={escape(uid)})"] if uid else []
    matchers += [f"(&(objectClass=posixGroup)(gidNumber={escape(number)}))" for number in gid_numbers]
    return restricted(any_of(matchers), configured)


def groups_of_groups(dns: Iterable[str], configured: str) -> str:
    """Match the groups that list one of the groups as a member."""
    matchers = (f"(member={escape(dn)})(uniqueMember={escape(dn)})" for dn in dns)
    return restricted(f"(|{''.join(matchers)})", configured)
