"""The groups of one person as they are found: each once, and marked where its name is not enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from app import dn
from app.directory import returned
from app.directory.settings import GroupSettings
from app.directory.subject import Group
from app.dn import DN
from app.errors import DirectoryMisconfigured, Fault
from app.ldap.answers import Entry

TOO_MANY = Fault("a person is in more groups than groups.max_groups", "raise it")


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
            name = returned.read(entry.dn)
            if name not in self._groups:
                values = entry.texts(self._settings.name_attribute) or ("",)  # a rule by DN still works
                self._groups[name] = [Group(dn.fold(value), name, how, is_doubtful) for value in values]
                new.append(entry)
        if len(self._groups) > self._settings.max_groups:
            raise DirectoryMisconfigured(TOO_MANY)
        return new

    def add_unreadable(self, name: DN, how: str) -> None:
        """Add a group that nothing can be read of: a rule that denies by name might mean it."""
        self._groups.setdefault(name, [Group("", name, how)])

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
