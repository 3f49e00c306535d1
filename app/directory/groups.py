"""The groups of a person by the configured strategy: all of them, or an error.

A list that lacks a group could lack the group of a deny rule, so nothing here truncates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from app import dn
from app.directory import active_directory, filters, ranges
from app.directory.presets import DirectoryKind
from app.directory.searcher import Searcher
from app.directory.settings import DirectorySettings, GroupSettings
from app.directory.subject import Group
from app.dn import DN
from app.errors import DirectoryMisconfigured, Fault
from app.ldap import codes
from app.ldap.answers import Entry
from app.ldap.codes import ResultCode
from app.ldap.deadline import Deadline
from app.ldap.filters import any_of
from app.ldap.requests import Query

_Item = TypeVar("_Item")
PER_FILTER = 50
"""The most DNs or SIDs in one filter."""
TOO_DEEP = Fault("groups are nested deeper than groups.max_depth", "raise it, or nest them less deeply")
_TOO_MANY = Fault("a person is in more groups than groups.max_groups", "raise it")
_DIRECT = "direct"
_NESTED = "nested"
_BY_MEMBER_OF, _BY_TOKEN, _IN_CHAIN = "by memberOf", "by tokenGroups", "in chain"
_FLATTENED = frozenset({DirectoryKind.FREEIPA, DirectoryKind.DIRSRV})
"""Their memberOf also has the nested groups, and does not tell them from the direct ones."""


class FoundGroups:
    """The groups found so far: each once, however often it is found."""

    def __init__(self, settings: GroupSettings) -> None:
        self._settings = settings
        self._groups: dict[DN, list[Group]] = {}

    def add(self, entries: Iterable[Entry], how: str, *, is_doubtful: bool = False) -> list[Entry]:
        """Add the groups of these entries; return the entries that are new.

        Args:
            entries: Of the groups.
            how: How they were found.
            is_doubtful: Whether `groups.filter` might exclude them: then their names can only deny.

        Raises:
            DirectoryMisconfigured: There are more than are allowed.
        """
        new = []
        for entry in entries:
            name = parse(entry.dn)
            if name not in self._groups:
                values = entry.texts(self._settings.name_attribute) or ("",)  # a rule by DN still works
                self._groups[name] = [Group(dn.fold(value), name, how, is_doubtful) for value in values]
                new.append(entry)
        if len(self._groups) > self._settings.max_groups:
            raise DirectoryMisconfigured(_TOO_MANY)
        return new

    def __contains__(self, name: DN) -> bool:
        return name in self._groups

    def how(self) -> dict[DN, str]:
        """Return how each was found."""
        return {name: groups[0].found for name, groups in self._groups.items()}

    def explain(self, how: dict[DN, str]) -> None:
        """Replace how groups were found by better explanations."""
        for name, groups in self._groups.items():
            self._groups[name] = [replace(group, found=how.get(name, group.found)) for group in groups]

    def groups(self) -> tuple[Group, ...]:
        """Return all groups; those that share a name are ambiguous, as it does not say which is meant."""
        groups = [group for groups in self._groups.values() for group in groups]
        names = Counter(name for name, _ in {(group.name, group.dn) for group in groups})
        return tuple(replace(group, ambiguous=group.ambiguous or names[group.name] > 1) for group in groups)


class GroupFinder:
    """Finds the groups of people as the settings say."""

    def __init__(self, settings: DirectorySettings) -> None:
        self._settings = settings.groups
        self._kind = settings.kind

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
                self._by_member_of(searcher, entry, found, deadline, explain=explain)
            case "token_groups":
                self._by_token(searcher, entry, found, deadline)
            case "in_chain":
                self._in_chain(searcher, entry, found, deadline)
        if explain and any(how in {_BY_MEMBER_OF, _BY_TOKEN, _IN_CHAIN} for how in found.how().values()):
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

    def _by_member_of(
        self, searcher: Searcher, entry: Entry, found: FoundGroups, deadline: Deadline, *, explain: bool
    ) -> None:
        values = ranges.texts(ranges.all_values(searcher, entry, "memberOf", deadline))
        wanted = {name: value for value in values if self._is_below_a_base(name := parse(value))}
        if len(wanted) > self._settings.max_groups:
            raise DirectoryMisconfigured(_TOO_MANY)
        how = _BY_MEMBER_OF if self._kind in _FLATTENED else _DIRECT
        member = active_directory.member(entry)
        matchers = [filters.named_like(first_rdn(value)) for value in wanted.values()]
        primary = member.primary()
        direct = []
        for some in batches(matchers):
            for each in self._read(searcher, self._restricted(some), deadline):
                if parse(each.dn) in wanted:
                    direct += found.add([each], how)
        if primary:
            direct += found.add(self._read(searcher, self._restricted(primary), deadline), _DIRECT)
        # unreadable, or deleted since: the person's entry names it, so rules may use it
        rest = {name: value for name, value in wanted.items() if name not in found}
        if self._settings.filter:
            rest = self._unreadable(searcher, rest, deadline)
            found.add(map(self._unread, rest.values()), how, is_doubtful=True)
        else:
            direct += found.add(map(self._unread, rest.values()), how)
        if self._settings.nested:
            self._climb(searcher, direct, found, deadline, 1 if explain else PER_FILTER)

    def _unreadable(self, searcher: Searcher, rest: dict[DN, str], deadline: Deadline) -> dict[DN, str]:
        """Return the groups that cannot be read, so that nobody knows whether the filter excludes them."""
        seen: set[DN] = set()
        for some in batches([filters.named_like(first_rdn(value)) for value in rest.values()]):
            seen.update(parse(each.dn) for each in self._read(searcher, any_of(some), deadline))
        return {name: value for name, value in rest.items() if name not in seen}

    def _unread(self, value: str) -> Entry:
        """Return an entry for a DN alone: its RDN may hold the name."""
        attributes: dict[str, list[bytes]] = {}
        for name, text in first_rdn(value):
            attributes.setdefault(name, []).append(text.encode())
        return Entry(value, attributes)

    def _by_token(self, searcher: Searcher, entry: Entry, found: FoundGroups, deadline: Deadline) -> None:
        sids = active_directory.token_groups(searcher, entry.dn, deadline)
        if len(sids) > self._settings.max_groups:
            raise DirectoryMisconfigured(_TOO_MANY)
        for some in batches([filters.has_sid(sid) for sid in sids]):
            found.add(self._read(searcher, self._restricted(some), deadline), _BY_TOKEN)

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

    def _read(self, searcher: Searcher, text: str, deadline: Deadline) -> list[Entry]:
        """Return all groups that a filter matches."""
        settings = self._settings
        entries: list[Entry] = []
        for base in settings.bases:
            query = Query(base, settings.scope, text, (settings.name_attribute,), settings.max_groups + 1)
            result = searcher.search(query, deadline)
            if result.code != ResultCode.SUCCESS or result.referrals:
                raise codes.error(result, f"the search for groups under {base}")
            entries += result.entries
        return entries

    def _is_below_a_base(self, name: DN) -> bool:
        return any(_is_below(name, dn.parse(base), self._settings.scope) for base in self._settings.bases)


def parse(text: str) -> DN:
    """Return a DN that the server returned, parsed.

    Raises:
        DirectoryMisconfigured: It is not a DN.
    """
    try:
        return dn.parse(text)
    except ValueError as error:
        raise DirectoryMisconfigured(f"the server returned a DN that is none: {error}") from error


def first_rdn(text: str) -> tuple[tuple[str, str], ...]:
    """Return the first RDN of a DN that the server returned, unescaped.

    Raises:
        DirectoryMisconfigured: It is not a DN.
    """
    try:
        return dn.first(text)
    except ValueError as error:
        raise DirectoryMisconfigured(f"the server returned a DN that is none: {error}") from error


def _is_below(name: DN, base: DN, scope: str) -> bool:
    depth = len(name.rdns) - len(base.rdns)
    return (depth == 1 if scope == "one" else depth >= 0) and name.rdns[depth:] == base.rdns


def batches(items: Sequence[_Item], size: int = PER_FILTER) -> Iterator[Sequence[_Item]]:
    """Yield the items in batches."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
