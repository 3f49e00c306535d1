"""What Active Directory alone has: SIDs, tokenGroups, and the rule that follows members of members."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from app import dn
from app.directory import filters
from app.directory.filters import Member
from app.directory.searcher import Searcher
from app.dn import DN
from app.errors import DirectoryMisconfigured, Fault
from app.ldap import codes, oids
from app.ldap.answers import Entry
from app.ldap.codes import ResultCode
from app.ldap.deadline import Deadline
from app.ldap.filters import ANYTHING, any_of
from app.ldap.requests import Query

_LARGEST_RID = 2**32
_SECURITY_ENABLED = 0x80000000
SID: Final = "objectSid"
_DOMAIN_SIDS: Final = (b"\x05\0\0\0\0\0\x05\x15\0\0\0", b"\x02\0\0\0\0\0\x05\x20\0\0\0")
"""How the SIDs of groups begin behind their first octet: `S-1-5-21-` and `S-1-5-32-` ([MS-DTYP] 2.4.2.4)."""


def member(entry: Entry) -> Member:
    """Return the values by which groups can have an entry as a member."""
    return Member(entry.dn, entry.texts("uid"), entry.texts("gidNumber"), _primary_sid(entry))


def _primary_sid(entry: Entry) -> bytes:
    """Return the SID of the primary group: the person's own, with the group's number at its end."""
    sids, numbers = entry.attributes.get("objectsid", ()), entry.texts("primaryGroupID")
    if len(sids) != 1 or len(numbers) != 1 or not _is_number(numbers[0]):
        return b""
    number = int(numbers[0])
    return bytes(sids[0][:-4]) + number.to_bytes(4, "little") if 0 <= number < _LARGEST_RID else b""


def is_security_group(group: Entry) -> bool:
    """Whether a group is one that tokenGroups have; others are for mail ([MS-ADTS] 2.2.12)."""
    return any(_is_number(text) and int(text) & _SECURITY_ENABLED for text in group.texts("groupType"))


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isascii() and text.removeprefix("-").isdigit()


def token_groups(searcher: Searcher, dn: str, deadline: Deadline) -> tuple[bytes, ...]:
    """Return the SIDs of all security groups of an entry, nested and primary groups included.

    Raises:
        DirectoryUnavailable: No server answers.
        DirectoryMisconfigured: There are none, although everybody in Active Directory has a primary group.
    """
    result = searcher.search(Query(dn, "base", ANYTHING, ("tokenGroups",)), deadline)
    if result.code != ResultCode.SUCCESS:
        raise codes.error(result, f"reading tokenGroups of {dn}")
    sids = tuple(bytes(sid) for entry in result.entries for sid in entry.attributes.get("tokengroups", ()))
    if not sids:
        hint = (
            "let the service account read them (Active Directory has a group for that: Windows Authorization"
            " Access Group), or choose another groups.strategy"
        )
        raise DirectoryMisconfigured(Fault(f"{dn} has no tokenGroups", hint))
    return sids


def is_of_domain(sid: bytes) -> bool:
    """Whether a SID is that of a group with an entry; others, as *Authenticated Users*, are of the system."""
    return sid[1:].startswith(_DOMAIN_SIDS)


def sids_of(entries: Iterable[Entry]) -> set[bytes]:
    """Return the SIDs that these entries have."""
    return {bytes(sid) for entry in entries for sid in entry.attributes.get("objectsid", ())}


def readable(searcher: Searcher, person: str, sids: Sequence[bytes], deadline: Deadline) -> set[bytes]:
    """Return which of these SIDs belong to an entry that can be read, anywhere in a person's domain.

    Args:
        searcher: Searches as somebody who may read the groups.
        person: The DN of the person.
        sids: As many as one filter may name.
        deadline: Of the whole login.

    Raises:
        DirectoryUnavailable: No server answers.
        DirectoryMisconfigured: The domain cannot be searched.
    """
    domain = _domain(person)
    text = any_of([filters.has_sid(sid) for sid in sids])
    result = searcher.search(Query(domain, "sub", text, (SID,), len(sids) + 1), deadline)
    if result.code != ResultCode.SUCCESS:
        raise codes.error(result, f"the search for groups under {domain}")
    return sids_of(result.entries)


def _domain(person: str) -> str:
    """Return the DN of the domain that an entry is in: the `DC` parts at the end of its own."""
    rdns = dn.of_server(person).rdns
    others = sum(1 for rdn in rdns if rdn[0][0] != "dc")
    return DN(rdns[others:]).written


def unread(sid: bytes) -> DN:
    """Return a name for an entry of which the SID alone is known ([MS-ADTS] 3.1.1.3.1.2.4)."""
    parts = [int.from_bytes(sid[start : start + 4], "little") for start in range(8, len(sid), 4)]
    numbers = (sid[0], int.from_bytes(sid[2:8], "big"), *parts)
    return dn.of_server(f"<SID=S-{'-'.join(map(str, numbers))}>")


def own_sids(searcher: Searcher, deadline: Deadline) -> frozenset[bytes]:
    """Return the SIDs of the account that a connection is bound as ([MS-ADTS] 3.1.1.3.2.26).

    Raises:
        DirectoryUnavailable: The server does not answer.
        DirectoryMisconfigured: It does not say.
    """
    result = searcher.search(Query("", "base", ANYTHING, ("tokenGroups",)), deadline)
    sids = [bytes(sid) for entry in result.entries for sid in entry.attributes.get("tokengroups", ())]
    if result.code != ResultCode.SUCCESS or not sids:
        text = "the server does not say who is bound (tokenGroups of its root)"
        raise DirectoryMisconfigured(Fault(text, "use a DN as login.template"))
    return frozenset(sids)


def require_in_chain(searcher: Searcher, deadline: Deadline) -> None:
    """Make sure that the server follows members of members: another server would silently find no group.

    Raises:
        DirectoryUnavailable: No server answers.
        DirectoryMisconfigured: The server is not Active Directory.
    """
    result = searcher.search(Query("", "base", ANYTHING, ("supportedCapabilities",)), deadline)
    capabilities = [text for entry in result.entries for text in entry.texts("supportedCapabilities")]
    if result.code != ResultCode.SUCCESS or oids.ACTIVE_DIRECTORY not in capabilities:
        text = "groups.strategy: in_chain works with Active Directory alone, and this server is none"
        raise DirectoryMisconfigured(Fault(text, "choose member_search with nested: true"))
