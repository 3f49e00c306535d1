"""The entry of a person: how it is found, what it has to be like, and what is read of it."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.directory import filters, names, outcome
from app.directory.presets import Kind
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject, Group
from app.errors import Code, DirectoryMisconfigured, Refusal
from app.ldap.answers import Entry, Result
from app.ldap.deadline import Deadline
from app.ldap.filters import ANYTHING, NO_ATTRIBUTES
from app.ldap.requests import Query
from app.protocol.credentials import WRONG_CREDENTIALS

_log = logging.getLogger("wharfinger.directory")
_GUID = "objectguid"
_GUID_BYTES = 16


class Search(Protocol):
    """Whatever can be searched with: the service account's connections, or a person's own."""

    def search(self, query: Query, deadline: Deadline) -> Result:
        """Search.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: An administrator must change something.
        """


@dataclass(frozen=True, slots=True)
class Person:
    """An entry that stands for exactly one person.

    Attributes:
        name: The canonical name.
    """

    name: str
    entry: Entry

    @property
    def dn(self) -> str:
        """The DN, as the server spells it."""
        return self.entry.dn


@dataclass(frozen=True, slots=True)
class Proved:
    """A person who gave the right password, and what further is read with."""

    person: Person
    search: Search


UNKNOWN = Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, "unknown user, or not the entry's own name")


class People:
    """Finds and reads people as the settings say.

    Attributes:
        attributes: What is read of each.
    """

    def __init__(self, settings: DirectorySettings) -> None:
        self._users = users = settings.users
        wanted = {
            users.subject_attribute,
            users.id_attribute,
            users.mail_attribute,
            users.display_attribute,
            *users.attributes,
            "uid",
            "gidNumber",
        }
        if settings.kind is Kind.ACTIVE_DIRECTORY:
            wanted |= {"objectSid", "primaryGroupID"}
        if settings.groups.strategy == "member_of":
            wanted.add("memberOf")
        self.attributes = tuple(sorted(wanted - {""}))

    def find(self, search: Search, name: str, deadline: Deadline) -> Person | None:
        """Find the one person of a name; None where there is none, or where several might be meant.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: A base does not exist, or the account may not search it; or there is
                nobody but perhaps at a server that is referred to.
        """
        users = self._users
        text = filters.person(users.login_attributes, name, users.filter)
        found: dict[str, Entry] = {}  # by DN: one base may lie within another
        referring: Result | None = None
        for base in users.bases:
            query = Query(base, users.scope, text, self.attributes, size_limit=2)
            result = search.search(query, deadline)
            several = result.code == outcome.SIZE_LIMIT and len(result.entries) > 1
            if result.code != outcome.SUCCESS and not several:
                raise outcome.failure(result, f"the search for a person under {base}")
            if result.referrals:
                referring = result
            found |= {entry.dn: entry for entry in result.entries}
        if len(found) > 1:
            _log.error("several entries match one login name; refused", extra={"dns": sorted(found)[:5]})
            return None
        if not found and referring is not None:
            raise outcome.failure(referring, "the search for a person")
        return self._own(next(iter(found.values())), name) if found else None

    def read(self, search: Search, dn: str, name: str, deadline: Deadline) -> Person | None:
        """Read the person whose DN is known; None where the entry is none of ours.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: The account may not read it.
        """
        query = Query(dn, "base", self._users.filter or ANYTHING, self.attributes)
        result = search.search(query, deadline)
        if result.code == outcome.NO_SUCH_OBJECT or (result.code == outcome.SUCCESS and not result.entries):
            return None
        if result.code != outcome.SUCCESS or len(result.entries) != 1:
            raise outcome.failure(result, f"reading {dn}")
        return self._own(result.entries[0], name)

    def is_disabled(self, search: Search, entry: Entry, deadline: Deadline) -> bool:
        """Tell whether the disabled filter matches an entry, by asking the server.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: The account may not read the entry.
        """
        if not self._users.disabled_filter:
            return False
        query = Query(entry.dn, "base", self._users.disabled_filter, (NO_ATTRIBUTES,))
        result = search.search(query, deadline)
        if result.code != outcome.SUCCESS or result.referrals:
            raise outcome.failure(result, f"the search with users.disabled_filter at {entry.dn}")
        return bool(result.entries)

    def subject(self, person: Person, groups: Sequence[Group]) -> DirectorySubject:
        """Put together what a login gives.

        Raises:
            DirectoryMisconfigured: The server gave only some of the values of an attribute.
        """
        users, entry = self._users, person.entry
        return DirectorySubject(
            name=person.name,
            id=_id(entry, users.id_attribute),
            dn=entry.dn,
            groups=tuple(groups),
            attributes={attribute.lower(): _whole(entry, attribute) for attribute in users.attributes},
            mail=next(iter(entry.texts(users.mail_attribute)), ""),
            display_name=next(iter(entry.texts(users.display_attribute)), ""),
        )

    def _own(self, entry: Entry, name: str) -> Person | None:
        """Make a person of an entry; None where the name that was looked for is not the entry's own."""
        subject = self.name_of(entry)
        if subject is None or names.canonical(name) != subject:
            return None
        return Person(subject, entry)

    def name_of(self, entry: Entry) -> str | None:
        """Give the canonical name of an entry; None where it does not have exactly one."""
        values = {names.canonical(value) for value in entry.texts(self._users.subject_attribute)}
        if len(values) != 1:
            _log.error(
                "an entry has not exactly one subject name; refused",
                extra={"dn": entry.dn, "attribute": self._users.subject_attribute, "values": len(values)},
            )
            return None
        return values.pop()


def _id(entry: Entry, attribute: str) -> str:
    """Give the immutable id; Active Directory's is 16 octets (RFC 4122, little-endian)."""
    values = entry.attributes.get(attribute.lower(), ())
    if attribute.lower() == _GUID and values and len(values[0]) == _GUID_BYTES:
        return str(uuid.UUID(bytes_le=bytes(values[0])))
    return next(iter(entry.texts(attribute)), "")


def _whole(entry: Entry, attribute: str) -> tuple[str, ...]:
    """Give the values of an attribute that rules may deny by: all of them, or an error."""
    if any(key.startswith(f"{attribute.lower()};range=") for key in entry.attributes):
        raise DirectoryMisconfigured(
            f"{entry.dn} has more values of {attribute} than the server gives at once: take it out of"
            " users.attributes"
        )
    return entry.texts(attribute)
