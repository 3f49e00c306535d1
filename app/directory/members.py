"""The people of a group: for commands that ask who may do something, never for a login."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from app.directory import filters, ranges
from app.directory.groups import PER_FILTER, TOO_DEEP, batches, first_rdn, parse
from app.directory.people import People, Person
from app.directory.searcher import PagedSearcher
from app.directory.settings import DirectorySettings
from app.dn import DN
from app.errors import DirectoryMisconfigured
from app.ldap.answers import Entry
from app.ldap.deadline import Deadline
from app.ldap.filters import any_of, equals_any
from app.ldap.requests import Query

_MOST_PEOPLE = 100_000
_MOST_GROUPS = 10_000
_BY_DN = ("member", "uniqueMember")
_RID = slice(-4, None)


class Members:
    """Finds the people of groups: those whom they list, those in nested groups, and primary members."""

    def __init__(self, settings: DirectorySettings, people: People, searcher: PagedSearcher) -> None:
        self._users, self._groups = settings.users, settings.groups
        self._people, self._searcher = people, searcher
        self._each: timedelta = settings.timeouts.operation
        follows = self._groups.strategy in ("token_groups", "in_chain")
        self._most_depth = self._groups.max_depth if follows or self._groups.nested else 0
        self._attributes = (
            self._groups.name_attribute,
            *_BY_DN,
            "memberUid",
            "gidNumber",
            "objectClass",
            "objectSid",
        )

    def people_in(self, group: DN | str) -> Iterator[Person]:
        """Yield everybody in a group, each once; several groups may have one name.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: The list would be incomplete.
        """
        seen_groups: set[DN] = set()
        seen_people: set[DN] = set()
        level = self._named(group)
        for _ in range(self._most_depth + 1):
            below: list[Entry] = []
            for entry in level:
                name = parse(entry.dn)
                if name in seen_groups:
                    continue
                seen_groups.add(name)
                people, groups = self._of(entry)
                below += groups
                for person in people:
                    if (known := parse(person.entry.dn)) not in seen_people:
                        seen_people.add(known)
                        yield person
            if len(seen_people) > _MOST_PEOPLE or len(seen_groups) > _MOST_GROUPS:
                raise DirectoryMisconfigured(f"more than {_MOST_PEOPLE} people or {_MOST_GROUPS} groups")
            level = below
            if not level:
                return
        if self._most_depth:
            raise DirectoryMisconfigured(TOO_DEEP)

    def _named(self, group: DN | str) -> list[Entry]:
        """Return the groups of a name, or the one group of a DN."""
        if isinstance(group, str):
            return self._read_groups(equals_any([self._groups.name_attribute], group))
        return [
            each for each in self._read_groups(filters.named_like(group.rdns[0])) if parse(each.dn) == group
        ]

    def _of(self, group: Entry) -> tuple[list[Person], list[Entry]]:
        """Return the people and the groups that are members of a group."""
        listed = self._listed(group)
        people = [person for person in self._listed_people(listed) if parse(person.entry.dn) in listed]
        for person in people:
            del listed[parse(person.entry.dn)]
        groups: list[Entry] = []
        if self._most_depth:
            found = [
                each for some in self._batches(list(listed.values())) for each in self._read_groups(some)
            ]
            groups = [each for each in found if parse(each.dn) in listed]
        return people + self._by_uid(group) + self._primary(group), groups

    def _listed(self, group: Entry) -> dict[DN, str]:
        deadline = Deadline(self._each)
        values = [
            text.partition("#")[0]  # uniqueMember may end in an identifier (RFC 4517 §3.3.21)
            for attribute in _BY_DN
            for text in ranges.texts(ranges.all_values(self._searcher, group, attribute, deadline))
        ]
        return {
            parse(value): value for value in values if value.strip()
        }  # a group must have a value, so some have an empty one

    def _listed_people(self, listed: dict[DN, str]) -> Iterator[Person]:
        for some in self._batches(list(listed.values())):
            yield from self._read_people(some)

    def _by_uid(self, group: Entry) -> list[Person]:
        uids = ranges.texts(ranges.all_values(self._searcher, group, "memberUid", Deadline(self._each)))
        found = []
        for some in batches([uid for uid in uids if uid], PER_FILTER):
            matchers = any_of(equals_any(["uid"], uid) for uid in some)
            people = self._read_people(matchers)
            found += [person for person in people if set(person.entry.texts("uid")) & set(some)]
        return found

    def _primary(self, group: Entry) -> list[Person]:
        found: list[Person] = []
        if "posixgroup" in map(str.lower, group.texts("objectClass")):
            for number in group.texts("gidNumber"):
                found += self._read_people(equals_any(["gidNumber"], number))
        for sid in group.attributes.get("objectsid", ()):
            number = str(int.from_bytes(bytes(sid)[_RID], "little"))
            found += self._read_people(equals_any(["primaryGroupID"], number))
        return found

    def _batches(self, dns: Sequence[str]) -> Iterator[str]:
        """Yield filters for the entries of these DNs; they may also match other entries with the same RDN."""
        for some in batches(dns, PER_FILTER):
            yield any_of(filters.named_like(first_rdn(each)) for each in some)

    def _read_people(self, text: str) -> list[Person]:
        wanted = filters.restricted(text, self._users.filter)
        people = []
        for base in self._users.bases:
            query = Query(base, self._users.scope, wanted, self._people.attributes)
            for entry in self._searcher.search_all(query, _MOST_PEOPLE):
                name = self._people.name_of(entry)
                if name is not None:
                    people.append(Person(name, entry))
        return people

    def _read_groups(self, text: str) -> list[Entry]:
        wanted = filters.restricted(text, self._groups.filter)
        entries: list[Entry] = []
        for base in self._groups.bases:
            query = Query(base, self._groups.scope, wanted, self._attributes)
            entries += self._searcher.search_all(query, _MOST_GROUPS)
        return entries
