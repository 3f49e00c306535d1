"""The entry of a person: how it is found, what it must be like, and what is read from it."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.directory import filters, names
from app.directory.names import TypedName
from app.directory.presets import DirectoryKind
from app.directory.searcher import Searcher
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject, Group
from app.dn import attribute_type
from app.errors import Code, DirectoryMisconfigured, Fault, Refusal
from app.ldap import codes
from app.ldap.answers import Entry, Result
from app.ldap.codes import ResultCode
from app.ldap.deadline import Deadline
from app.ldap.filters import ANYTHING, equals_any
from app.ldap.requests import Query
from app.protocol.credentials import WRONG_CREDENTIALS
from app.rules import robot_names
from app.rules.robot_names import RobotNames

_log = logging.getLogger("wharfinger.directory")
_GUID = "objectguid"
_GUID_BYTES = 16
_UPN = "userPrincipalName"


@dataclass(frozen=True, slots=True)
class Person:
    """The entry of exactly one person.

    Attributes:
        name: The canonical name.
    """

    name: str
    entry: Entry

    @property
    def dn(self) -> str:
        """The DN in the server's spelling."""
        return self.entry.dn


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A person who gave the right password.

    Attributes:
        searcher: Reads what else is needed of the person.
    """

    person: Person
    searcher: Searcher


UNKNOWN = Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, "unknown user, or not the entry's own name")


class People:
    """Finds and reads people as the settings say.

    Attributes:
        attributes: The attributes that are read of each.
    """

    def __init__(self, settings: DirectorySettings, robots: RobotNames = robot_names.DEFAULT) -> None:
        self._users, self._robots, self._kind = settings.users, robots, settings.kind
        users = settings.users
        wanted = {
            users.subject_attribute,
            *users.login_attributes,
            users.id_attribute,
            users.mail_attribute,
            users.display_attribute,
            *users.attributes,
            *users.disabled_by,
            "uid",
            "gidNumber",
        }
        if settings.kind is DirectoryKind.ACTIVE_DIRECTORY:
            wanted |= {"objectSid", "primaryGroupID"}
        if settings.groups.strategy == "member_of":
            wanted.add(settings.groups.member_of_attribute)
        self.attributes = tuple(sorted(wanted - {""}))

    def find(self, searcher: Searcher, name: str, deadline: Deadline) -> Person | None:
        """Return the person of a name; None where nobody has it, or more than one entry.

        Args:
            searcher: Searches as somebody who may read people.
            name: A value of one of `users.login_attributes`.
            deadline: Of the whole login.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: A base does not exist, or the account may not search it; or nobody was
                found, and the server refers to another one for a part of the answer.
        """
        users = self._users
        text = filters.person(users.login_attributes, name, users.filter)
        found = self._search(searcher, text, self.attributes, deadline)
        return self._own(found[0], name, users.login_attributes) if len(found) == 1 else None

    @property
    def have_other_names(self) -> bool:
        """Whether people may log in by other names than the one that becomes the subject."""
        subject = attribute_type(self._users.subject_attribute)
        return any(attribute_type(each) != subject for each in self._users.login_attributes)

    def under_one_account(self, searcher: Searcher, name: TypedName, deadline: Deadline) -> TypedName:
        """Return a typed name with the account of whoever has it: one for every name of that person.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: As for `find`.
        """
        person = self.find(searcher, name.plain, deadline)
        return name if person is None else replace(name, account=names.account(person.name, self._kind))

    def resolve(self, searcher: Searcher, name: TypedName, deadline: Deadline) -> TypedName:
        """Return the name of whoever has a typed name as UPN; the same name where nobody has.

        `alice@example.com` may be the UPN of alice2: then alice2 is meant, never the alice of the name before
        the @. An entry counts even where `users.filter` leaves it out. Where it cannot be told whom the
        directory takes for the owner, the whole UPN is returned, which is no name in Active Directory.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: As for `find`.
        """
        attributes = (_UPN, self._users.subject_attribute)
        found = self._search(searcher, equals_any([_UPN], name.upn), attributes, deadline)
        if not found:
            return name
        # servers compare more loosely, without regard to accents
        exact = names.canonical(name.upn) in map(names.canonical, found[0].texts(_UPN))
        owner = self.name_of(found[0]) if len(found) == 1 and exact else None
        plain = owner or name.upn
        return TypedName(plain, names.account(plain, DirectoryKind.ACTIVE_DIRECTORY))

    def _search(
        self, searcher: Searcher, text: str, attributes: Sequence[str], deadline: Deadline
    ) -> Sequence[Entry]:
        """Return the entries that a filter for one person finds; two or more are logged."""
        users = self._users
        found: dict[str, Entry] = {}  # by DN: one base may lie within another
        referring: Result | None = None
        for base in users.bases:
            query = Query(base, users.scope, text, tuple(attributes), size_limit=2)
            result = searcher.search(query, deadline)
            several = result.code == ResultCode.SIZE_LIMIT_EXCEEDED and len(result.entries) > 1
            if result.code != ResultCode.SUCCESS and not several:
                raise codes.error(result, f"the search for a person under {base}")
            if result.referrals:
                referring = result
            found |= {entry.dn: entry for entry in result.entries}
        if len(found) > 1:
            _log.error("several entries match one login name; refused", extra={"dns": sorted(found)[:5]})
        if not found and referring is not None:
            raise codes.error(referring, "the search for a person")
        return tuple(found.values())

    def read(self, searcher: Searcher, dn: str, name: str, deadline: Deadline) -> Person | None:
        """Return the person of a DN; None where the entry is not one of the configured people.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: The account may not read it.
        """
        query = Query(dn, "base", self._users.filter or ANYTHING, self.attributes)
        result = searcher.search(query, deadline)
        if result.code == ResultCode.NO_SUCH_OBJECT or (
            result.code == ResultCode.SUCCESS and not result.entries
        ):
            return None
        if result.code != ResultCode.SUCCESS or len(result.entries) != 1:
            raise codes.error(result, f"reading {dn}")
        return self._own(result.entries[0], name, [self._users.subject_attribute])

    def subject(self, person: Person, groups: Sequence[Group]) -> DirectorySubject:
        """Return the subject of a person with these groups.

        Raises:
            DirectoryMisconfigured: The server returned only some of the values of an attribute.
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

    def _own(self, entry: Entry, name: str, attributes: Iterable[str]) -> Person | None:
        """Return the person of an entry; None where the name that was searched for is not the entry's own.

        A server finds more than equals: only the exact value of one of these attributes is the entry's own.
        """
        subject = self.name_of(entry)
        own = (value for attribute in attributes for value in entry.texts(attribute))
        if subject is None or names.canonical(name) not in map(names.canonical, own):
            return None
        return Person(subject, entry)

    def name_of(self, entry: Entry) -> str | None:
        """Return the canonical name of an entry; None where it has not exactly one, or has a robot's."""
        attribute = self._users.subject_attribute
        values = {names.canonical(value) for value in entry.texts(attribute)}
        if len(values) != 1:
            _log.error(
                "an entry has not exactly one subject name; refused",
                extra={"dn": entry.dn, "attribute": attribute, "values": len(values)},
            )
            return None
        name = values.pop()
        if self._robots.reserves(name):
            _log.error("an entry has a robot's name; refused", extra={"dn": entry.dn, "attribute": attribute})
            return None
        return name


def _id(entry: Entry, attribute: str) -> str:
    """Return the immutable id; Active Directory's is 16 octets (RFC 4122, little-endian)."""
    values = entry.attributes.get(attribute_type(attribute), ())
    if attribute.lower() == _GUID and values and len(values[0]) == _GUID_BYTES:
        return str(uuid.UUID(bytes_le=bytes(values[0])))
    return next(iter(entry.texts(attribute)), "")


def _whole(entry: Entry, attribute: str) -> tuple[str, ...]:
    """Return all values of an attribute by which rules may deny, or raise an error."""
    if any(key.startswith(f"{attribute_type(attribute)};range=") for key in entry.attributes):
        text = f"{entry.dn} has more values of {attribute} than the server returns at once"
        raise DirectoryMisconfigured(Fault(text, "take it out of users.attributes"))
    return entry.texts(attribute)
