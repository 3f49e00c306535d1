"""The people of a group: for commands that ask who may do something, never for a login.

A person is listed if the person's login would find the group, by the strategy that is configured.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

from app import dn
from app.directory import active_directory, filters, ranges, returned
from app.directory.groups import TOO_DEEP
from app.directory.people import People, Person
from app.directory.returned import PER_FILTER, Lookup, batches
from app.directory.searcher import PagedSearcher
from app.directory.settings import DirectorySettings
from app.dn import DN
from app.errors import DirectoryMisconfigured
from app.ldap.answers import Entry
from app.ldap.deadline import Deadline
from app.ldap.filters import any_of, equals_any, escape
from app.ldap.requests import Query

_MOST_PEOPLE = 100_000
_MOST_GROUPS = 10_000
_BY_DN = ("member", "uniqueMember")
_RID = slice(-4, None)
_IDENTIFIER = re.compile(r"#'[01]*'B\Z")
"""The end that a value of uniqueMember may have (RFC 4517 §3.3.21); elsewhere `#` belongs to the name."""


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
            "groupType",
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
                name = returned.read(entry.dn)
                if name in seen_groups:
                    continue
                seen_groups.add(name)
                people, groups = self._of(entry)
                below += groups
                for person in people:
                    if (known := returned.read(person.entry.dn)) not in seen_people:
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
            named = self._read_groups(equals_any([self._groups.name_attribute], group))
            wanted = dn.fold(group)
            return [each for each in named if wanted in self._names(each)]
        return [
            each
            for each in self._read_groups(filters.named_like(group.rdns[0]))
            if returned.read(each.dn) == group
        ]

    def _names(self, group: Entry) -> set[str]:
        return set(map(dn.fold, group.texts(self._groups.name_attribute)))

    def _of(self, group: Entry) -> tuple[list[Person], list[Entry]]:
        """Return the people and the groups that are members of a group."""
        if self._groups.strategy == "token_groups" and not active_directory.is_security_group(group):
            return [], []
        listed = self._listed(group)
        people = [person for person in self._people_at(listed) if returned.read(person.entry.dn) in listed]
        known = {returned.read(person.entry.dn) for person in people}
        rest = {name: value for name, value in listed.items() if name not in known}
        groups: list[Entry] = []
        if self._most_depth:
            groups = [each for each in self._groups_at(rest) if returned.read(each.dn) in rest]
        if self._groups.strategy == "member_of":
            people = self._with_group(people + self._by_member_of(group), group)
        else:
            people += self._by_uid(group)
        return people + self._primary(group), groups

    def _listed(self, group: Entry) -> dict[DN, str]:
        deadline = Deadline(self._each)
        listed = {}
        for attribute in _BY_DN:
            for text in ranges.texts(ranges.all_values(self._searcher, group, attribute, deadline)):
                value = _IDENTIFIER.sub("", text) if attribute == "uniqueMember" else text
                if value.strip():  # a group must have a value, so some have an empty one
                    listed[returned.read(value)] = value
        return listed

    def _by_member_of(self, group: Entry) -> list[Person]:
        return self._read_people(f"({self._groups.member_of_attribute}={escape(group.dn)})")

    def _with_group(self, people: Iterable[Person], group: Entry) -> list[Person]:
        """Return the people whose own entry names a group: the login reads nothing else."""
        name, attribute = returned.read(group.dn), self._groups.member_of_attribute
        found = []
        for person in people:
            values = ranges.all_values(self._searcher, person.entry, attribute, Deadline(self._each))
            if name in map(dn.of_server, ranges.texts(values)):
                found.append(person)
        return found

    def _people_at(self, listed: dict[DN, str]) -> Iterator[Person]:
        """Yield the people of these DNs, and perhaps others with the same RDNs."""
        lookup = Lookup.of(listed.values())
        for text in lookup.filters():
            yield from self._read_people(text)
        entries = self._alone(lookup.alone, self._users.filter, self._people.attributes)
        yield from self._persons(each for each in entries if self._users.covers(dn.of_server(each.dn)))

    def _groups_at(self, listed: dict[DN, str]) -> Iterator[Entry]:
        """Yield the groups of these DNs, and perhaps others with the same RDNs."""
        lookup = Lookup.of(listed.values())
        for text in lookup.filters():
            yield from self._read_groups(text)
        entries = self._alone(lookup.alone, self._groups.filter, self._attributes)
        yield from (each for each in entries if self._groups.covers(dn.of_server(each.dn)))

    def _alone(self, values: Iterable[str], configured: str, attributes: tuple[str, ...]) -> Iterator[Entry]:
        for value in values:
            entry = returned.entry_at(self._searcher, value, configured, attributes, Deadline(self._each))
            if entry is not None:
                yield entry

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

    def _read_people(self, text: str) -> list[Person]:
        wanted = filters.restricted(text, self._users.filter)
        people: list[Person] = []
        for base in self._users.bases:
            query = Query(base, self._users.scope, wanted, self._people.attributes)
            people += self._persons(self._searcher.search_all(query, _MOST_PEOPLE))
        return people

    def _persons(self, entries: Iterable[Entry]) -> Iterator[Person]:
        for entry in entries:
            name = self._people.name_of(entry)
            if name is not None:
                yield Person(name, entry)

    def _read_groups(self, text: str) -> list[Entry]:
        wanted = filters.restricted(text, self._groups.filter)
        entries: list[Entry] = []
        for base in self._groups.bases:
            query = Query(base, self._groups.scope, wanted, self._attributes)
            entries += self._searcher.search_all(query, _MOST_GROUPS)
        return entries
