"""The groups of a person: those that list the entry, and those that list one of its groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from app import dn
from app.directory import filters, outcome
from app.directory.connection import Deadline, Entry, Query
from app.directory.people import Search
from app.directory.settings import GroupSettings
from app.directory.subject import Group
from app.dn import DN
from app.errors import DirectoryMisconfigured

_DNS_PER_FILTER = 50


class GroupSearch:
    """Finds groups by searching for their members (strategy `member_search`)."""

    def __init__(self, settings: GroupSettings) -> None:
        self._settings = settings

    def of_person(self, search: Search, entry: Entry, deadline: Deadline) -> tuple[Group, ...]:
        """Give all groups of an entry, the nested ones where they are asked for.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: The list would be incomplete: a truncated list would lose deny rules.
        """
        if self._settings.strategy == "none":
            return ()
        uid = next(iter(entry.texts("uid")), "")
        text = filters.groups_of_person(entry.dn, uid, entry.texts("gidNumber"), self._settings.filter)
        found: dict[DN, list[Group]] = {}
        frontier = self._search(search, text, found, "direct", deadline)
        depth = 1
        while self._settings.nested and frontier:
            if depth > self._settings.max_depth:
                raise DirectoryMisconfigured(f"{entry.dn} is in groups nested deeper than groups.max_depth")
            depth += 1
            frontier = self._search_parents(search, frontier, found, deadline)
        return _flag_ambiguous([group for groups in found.values() for group in groups])

    def _search_parents(
        self, search: Search, children: Sequence[Entry], found: dict[DN, list[Group]], deadline: Deadline
    ) -> list[Entry]:
        """Search for the groups that list some of these groups as members."""
        parents = []
        for start in range(0, len(children), _DNS_PER_FILTER):
            batch = children[start : start + _DNS_PER_FILTER]
            names = batch[0].texts(self._settings.name_attribute)
            how = f"through {names[0]}" if len(batch) == 1 and names else "nested"
            text = filters.groups_of_groups((child.dn for child in batch), self._settings.filter)
            parents += self._search(search, text, found, how, deadline)
        return parents

    def _search(
        self, search: Search, text: str, found: dict[DN, list[Group]], how: str, deadline: Deadline
    ) -> list[Entry]:
        """Add the groups that a filter matches to those found; gives the entries that are new."""
        new = []
        attributes = (self._settings.name_attribute,)
        limit = self._settings.max_groups + 1
        for base in self._settings.bases:
            result = search.search(Query(base, self._settings.scope, text, attributes, limit), deadline)
            if result.code != outcome.SUCCESS or result.referrals:
                raise outcome.failure(result, f"the search for groups under {base}")
            for entry in result.entries:
                name = _parse(entry.dn)
                if name not in found:
                    values = entry.texts(self._settings.name_attribute)
                    found[name] = [Group(dn.fold(value), name, how) for value in values]
                    new.append(entry)
        if len(found) > self._settings.max_groups:
            raise DirectoryMisconfigured("a person is in more groups than groups.max_groups")
        return new


def _parse(text: str) -> DN:
    try:
        return dn.parse(text)
    except ValueError as error:
        raise DirectoryMisconfigured(f"the server returned a DN that is none: {error}") from error


def _flag_ambiguous(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Mark groups whose name another group has too: the name alone does not say which is meant."""
    names = Counter(name for name, _ in {(group.name, group.dn) for group in groups})
    return tuple(replace(group, ambiguous=True) if names[group.name] > 1 else group for group in groups)
