"""What only Active Directory has: SIDs, tokenGroups, and the rule that follows members of members."""

from __future__ import annotations

from app.directory import outcome
from app.directory.filters import Member
from app.directory.people import Search
from app.errors import DirectoryMisconfigured
from app.ldap.answers import Entry
from app.ldap.deadline import Deadline
from app.ldap.filters import ANYTHING
from app.ldap.requests import Query

_CAPABILITY = "1.2.840.113556.1.4.800"
"""LDAP_CAP_ACTIVE_DIRECTORY_OID ([MS-ADTS] 3.1.1.3.4.3.1)."""
_LARGEST_RID = 2**32


def member(entry: Entry) -> Member:
    """Say by what groups can have an entry as a member."""
    return Member(entry.dn, entry.texts("uid"), entry.texts("gidNumber"), _primary_sid(entry))


def _primary_sid(entry: Entry) -> bytes:
    """Give the SID of the primary group: the person's own, with the group's number at its end."""
    sids, numbers = entry.attributes.get("objectsid", ()), entry.texts("primaryGroupID")
    if len(sids) != 1 or len(numbers) != 1 or not numbers[0].isascii() or not numbers[0].isdigit():
        return b""
    number = int(numbers[0])
    return bytes(sids[0][:-4]) + number.to_bytes(4, "little") if number < _LARGEST_RID else b""


def token_groups(search: Search, dn: str, deadline: Deadline) -> tuple[bytes, ...]:
    """Give the SIDs of all security groups of an entry, the nested and the primary ones included.

    Raises:
        DirectoryUnavailable: No server answers.
        DirectoryMisconfigured: There are none: everybody in Active Directory has a primary group.
    """
    result = search.search(Query(dn, "base", ANYTHING, ("tokenGroups",)), deadline)
    if result.code != outcome.SUCCESS:
        raise outcome.failure(result, f"reading tokenGroups of {dn}")
    sids = tuple(bytes(sid) for entry in result.entries for sid in entry.attributes.get("tokengroups", ()))
    if not sids:
        raise DirectoryMisconfigured(
            f"{dn} has no tokenGroups: let the service account read them (Active Directory has a group for"
            " that: Windows Authorization Access Group), or choose another groups.strategy"
        )
    return sids


def own_sids(search: Search, deadline: Deadline) -> frozenset[bytes]:
    """Ask for the SIDs of whoever a connection is bound as ([MS-ADTS] 3.1.1.3.2.26).

    Raises:
        DirectoryUnavailable: The server does not answer.
        DirectoryMisconfigured: It does not tell.
    """
    result = search.search(Query("", "base", ANYTHING, ("tokenGroups",)), deadline)
    sids = [bytes(sid) for entry in result.entries for sid in entry.attributes.get("tokengroups", ())]
    if result.code != outcome.SUCCESS or not sids:
        raise DirectoryMisconfigured(
            "the server does not say who is bound (tokenGroups of its root): use a DN as login.template"
        )
    return frozenset(sids)


def require_in_chain(search: Search, deadline: Deadline) -> None:
    """Make sure that the server follows members of members: one that does not finds nothing, silently.

    Raises:
        DirectoryUnavailable: No server answers.
        DirectoryMisconfigured: It is no Active Directory.
    """
    result = search.search(Query("", "base", ANYTHING, ("supportedCapabilities",)), deadline)
    capabilities = [text for entry in result.entries for text in entry.texts("supportedCapabilities")]
    if result.code != outcome.SUCCESS or _CAPABILITY not in capabilities:
        raise DirectoryMisconfigured(
            "groups.strategy: in_chain works with Active Directory alone, and this server is none: choose"
            " member_search with nested: true"
        )
