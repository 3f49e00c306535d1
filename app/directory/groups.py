"""The groups of a person by the configured strategy: all of them, or an error.

A list that lacks a group could lack the group of a deny rule, so nothing here truncates.
"""

from __future__ import annotations

from collections.abc import Sequence

from app import dn
from app.directory import active_directory, filters, ranges, returned
from app.directory.found_groups import TOO_MANY, FoundGroups
from app.directory.presets import DirectoryKind
from app.directory.returned import PER_FILTER, Lookup, batches
from app.directory.searcher import Searcher
from app.directory.settings import DirectorySettings
from app.directory.subject import Group
from app.dn import DN
from app.errors import DirectoryMisconfigured, Fault
from app.ldap import codes
from app.ldap.answers import Entry
from app.ldap.codes import ResultCode
from app.ldap.deadline import Deadline
from app.ldap.filters import any_of
from app.ldap.requests import Query

TOO_DEEP = Fault("groups are nested deeper than groups.max_depth", "raise it, or nest them less deeply")
_DIRECT = "direct"
_NESTED = "nested"
_BY_TOKEN, _IN_CHAIN = "by tokenGroups", "in chain"
_FLAT_KINDS = frozenset({DirectoryKind.FREEIPA, DirectoryKind.DIRSRV})
_FLAT_ATTRIBUTES = frozenset({"ismemberof"})
"""Where the membership attribute also has the nested groups, and does not tell them from the direct ones."""


class GroupFinder:
    """Finds the groups of people as the settings say."""

    def __init__(self, settings: DirectorySettings) -> None:
        self._settings = settings.groups
        attribute = settings.groups.member_of_attribute
        is_flat = settings.kind in _FLAT_KINDS or attribute.lower() in _FLAT_ATTRIBUTES
        self._by_member_of = f"by {attribute}" if is_flat else _DIRECT

    def of_person(
        self, searcher: Searcher, entry: Entry, deadline: Deadline, *, explain: bool = False
    ) -> tuple[Group, ...]:
        """Return all groups of an entry, with the nested ones where the settings count them.

        Args:
            searcher: Searches as somebody who may read the groups.
            entry: The person's.
            deadline: Of the whole login.
            explain: Whether to find out for each nested group which other group leads to it. That takes one
                search for each group, and a login does not need it.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: The list would be incomplete.
        """
        found = FoundGroups(self._settings)
        match self._settings.strategy:
            case "member_search":
                self._by_members(searcher, entry, found, deadline, explain=explain)
            case "member_of":
                self._by_member_of_values(searcher, entry, found, deadline, explain=explain)
            case "token_groups":
                self._by_token(searcher, entry, found, deadline)
            case "in_chain":
                self._in_chain(searcher, entry, found, deadline)
        unexplained = {self._by_member_of, _BY_TOKEN, _IN_CHAIN} - {_DIRECT}
        if explain and not unexplained.isdisjoint(found.how().values()):
            found.explain(self._explanations(searcher, entry, deadline))
        return found.groups()

    def _explanations(self, searcher: Searcher, entry: Entry, deadline: Deadline) -> dict[DN, str]:
        """Find the groups once more, step by step from each group to those that list it."""
        found = FoundGroups(self._settings)
        text = filters.groups_of_person(active_directory.member(entry), self._settings.filter)
        self._climb(searcher, found.add(self._read(searcher, text, deadline), _DIRECT), found, deadline, 1)
        return found.how()

    def _by_members(
        self, searcher: Searcher, entry: Entry, found: FoundGroups, deadline: Deadline, *, explain: bool
    ) -> None:
        text = filters.groups_of_person(active_directory.member(entry), self._settings.filter)
        direct = found.add(self._read(searcher, text, deadline), _DIRECT)
        if self._settings.nested:
            self._climb(searcher, direct, found, deadline, 1 if explain else PER_FILTER)

    def _by_member_of_values(
        self, searcher: Searcher, entry: Entry, found: FoundGroups, deadline: Deadline, *, explain: bool
    ) -> None:
        attribute, how = self._settings.member_of_attribute, self._by_member_of
        values = ranges.texts(ranges.all_values(searcher, entry, attribute, deadline))
        wanted = {name: value for value in values if self._settings.covers(name := dn.of_server(value))}
        if len(wanted) > self._settings.max_groups:
            raise DirectoryMisconfigured(TOO_MANY)
        lookup = Lookup.of(wanted.values())
        direct = []
        for text in lookup.filters():
            for each in self._read(searcher, filters.restricted(text, self._settings.filter), deadline):
                if returned.read(each.dn) in wanted:
                    direct += found.add([each], how)
        rest = {name: value for name, value in wanted.items() if name not in found}
        for value in lookup.alone:
            rest.pop(dn.of_server(value), None)
            direct += found.add(self._alone(searcher, value, deadline), how)
        if primary := active_directory.member(entry).primary():
            direct += found.add(self._read(searcher, self._restricted(primary), deadline), _DIRECT)
        # unreadable, or deleted since: the person's entry names it, so rules may use it
        if self._settings.filter:
            rest = self._unreadable(searcher, rest, deadline)
            found.add(map(_unread, rest.values()), how, is_doubtful=True)
        else:
            direct += found.add(map(_unread, rest.values()), how)
        if self._settings.nested:
            self._climb(searcher, direct, found, deadline, 1 if explain else PER_FILTER)

    def _alone(self, searcher: Searcher, value: str, deadline: Deadline) -> list[Entry]:
        """Return the entry of a group whose RDN cannot be searched for; none where the filter excludes it.

        Raises:
            DirectoryMisconfigured: It cannot be read, so nobody can know its name.
        """
        wanted = (self._settings.name_attribute,)
        entry = returned.entry_at(searcher, value, self._settings.filter, wanted, deadline)
        if entry is not None:
            return [entry]
        if self._settings.filter and returned.entry_at(searcher, value, "", wanted, deadline) is not None:
            return []
        text = f"a person is in the group {value!r}, which cannot be read, and whose DN cannot be parsed"
        raise DirectoryMisconfigured(Fault(text, "let the service account read it, or rename it"))

    def _unreadable(self, searcher: Searcher, rest: dict[DN, str], deadline: Deadline) -> dict[DN, str]:
        """Return the groups that cannot be read, so that nobody knows whether the filter excludes them."""
        seen: set[DN] = set()
        for text in Lookup.of(rest.values()).filters():
            seen.update(returned.read(each.dn) for each in self._read(searcher, text, deadline))
        return {name: value for name, value in rest.items() if name not in seen}

    def _by_token(self, searcher: Searcher, entry: Entry, found: FoundGroups, deadline: Deadline) -> None:
        sids = active_directory.token_groups(searcher, entry.dn, deadline)
        if len(sids) > self._settings.max_groups:
            raise DirectoryMisconfigured(TOO_MANY)
        unseen = set(filter(active_directory.is_of_domain, sids))
        for some in batches([filters.has_sid(sid) for sid in sids]):
            entries = self._read(searcher, self._restricted(some), deadline, active_directory.SID)
            unseen -= active_directory.sids_of(entries)
            found.add(entries, _BY_TOKEN)
        # what can be read elsewhere is no group of ours; of what cannot be read nobody knows
        for few in batches(sorted(unseen)):
            unseen -= active_directory.readable(searcher, entry.dn, few, deadline)
        for sid in sorted(unseen):
            found.add_unreadable(active_directory.unread(sid), _BY_TOKEN)

    def _in_chain(self, searcher: Searcher, entry: Entry, found: FoundGroups, deadline: Deadline) -> None:
        active_directory.require_in_chain(searcher, deadline)
        found.add(self._read(searcher, self._restricted([filters.in_chain(entry.dn)]), deadline), _IN_CHAIN)
        primary = active_directory.member(entry).primary()
        if primary:  # groups do not list their primary members
            groups = found.add(self._read(searcher, self._restricted(primary), deadline), _DIRECT)
            for group in groups:
                text = self._restricted([filters.in_chain(group.dn)])
                found.add(self._read(searcher, text, deadline), _IN_CHAIN)

    def _climb(
        self, searcher: Searcher, children: list[Entry], found: FoundGroups, deadline: Deadline, at_once: int
    ) -> None:
        """Add the groups that list these groups, and so on; cycles end, as each group is new only once."""
        depth = 1
        while children:
            if depth > self._settings.max_depth:
                raise DirectoryMisconfigured(TOO_DEEP)
            depth += 1
            parents = []
            for batch in batches(children, at_once):
                names = batch[0].texts(self._settings.name_attribute)
                how = f"through {names[0] if names else batch[0].dn}" if len(batch) == 1 else _NESTED
                text = filters.groups_of_groups((child.dn for child in batch), self._settings.filter)
                parents += found.add(self._read(searcher, text, deadline), how)
            children = parents

    def _restricted(self, matchers: Sequence[str]) -> str:
        return filters.restricted(any_of(matchers), self._settings.filter)

    def _read(self, searcher: Searcher, text: str, deadline: Deadline, *more: str) -> list[Entry]:
        """Return all groups that a filter matches, each with its name and these attributes more."""
        settings = self._settings
        entries: list[Entry] = []
        for base in settings.bases:
            wanted = (settings.name_attribute, *more)
            query = Query(base, settings.scope, text, wanted, settings.max_groups + 1)
            result = searcher.search(query, deadline)
            if result.code != ResultCode.SUCCESS or result.referrals:
                raise codes.error(result, f"the search for groups under {base}")
            entries += result.entries
        return entries


def _unread(value: str) -> Entry:
    """Return an entry for a DN alone: its RDN may hold the name."""
    attributes: dict[str, list[bytes]] = {}
    for name, text in dn.first(value):
        attributes.setdefault(dn.attribute_type(name), []).append(text.encode())
    return Entry(value, attributes)
