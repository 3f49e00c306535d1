"""Whether a login can find a group that rules name: for commands that check rules, never for a decision."""

from __future__ import annotations

from dataclasses import dataclass

from app import dn
from app.directory import active_directory, filters, returned
from app.directory.searcher import Searcher
from app.directory.settings import GroupSettings
from app.errors import Fault
from app.ldap import codes
from app.ldap.answers import Entry
from app.ldap.codes import ResultCode
from app.ldap.deadline import Deadline
from app.ldap.filters import equals_any
from app.ldap.requests import Query

_MOST = 100
"""Entries that one name finds; further ones would have the same name."""
_NO_GROUPS = Fault("which no login finds: groups.strategy is none", "choose a strategy")
_ABSENT = Fault("which the directory does not have", "look for a typo")
_OUTSIDE = Fault("which no login finds: it lies outside groups.bases", "add its place to groups.bases")
_EXCLUDED = Fault("which no login finds: groups.filter excludes it", "change groups.filter")
_FOR_MAIL = Fault(
    "which no login finds: it is no security group, and tokenGroups have no others",
    "make it a security group, or choose another groups.strategy",
)


@dataclass(frozen=True, slots=True)
class GroupCheck:
    """Looks for the groups that rules name, in the way in which a login finds them.

    Attributes:
        searcher: Searches as the service account.
        settings: Of the groups.
    """

    searcher: Searcher
    settings: GroupSettings

    def fault(self, name: str, deadline: Deadline) -> Fault | None:
        """Return why no login finds a group; None where one can.

        Args:
            name: Its name, or its DN, which has a `=`.
            deadline: Of the whole check.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: The service account may not search there.
        """
        if self.settings.strategy == "none":
            return _NO_GROUPS
        return self._at(name, deadline) if "=" in name else self._named(name, deadline)

    def _at(self, text: str, deadline: Deadline) -> Fault | None:
        attributes = (self.settings.name_attribute, "groupType")
        entry = returned.entry_at(self.searcher, text, "", attributes, deadline)
        if entry is None:
            return _ABSENT
        name = returned.read(entry.dn)
        if name != dn.parse(text):
            return Fault(f"which the directory knows as {entry.dn!r}", "write that")
        if not self.settings.covers(name):
            return _OUTSIDE
        if self.settings.filter and not returned.entry_at(
            self.searcher, text, self.settings.filter, attributes, deadline
        ):
            return _EXCLUDED
        return self._unfit(entry)

    def _named(self, name: str, deadline: Deadline) -> Fault | None:
        wanted = dn.fold(name)
        fault = _ABSENT
        for entry in self._entries(name, deadline):
            names = entry.texts(self.settings.name_attribute)
            if wanted not in map(dn.fold, names):  # servers compare more loosely than rules do
                fault = Fault(f"which the directory has as {' and '.join(map(repr, names))}", "write that")
            elif unfit := self._unfit(entry):
                fault = unfit
            else:
                return None
        return fault

    def _entries(self, name: str, deadline: Deadline) -> list[Entry]:
        settings = self.settings
        text = filters.restricted(equals_any([settings.name_attribute], name), settings.filter)
        entries: list[Entry] = []
        for base in settings.bases:
            query = Query(base, settings.scope, text, (settings.name_attribute, "groupType"), _MOST)
            result = self.searcher.search(query, deadline)
            if result.code != ResultCode.SUCCESS and not result.entries:
                raise codes.error(result, f"the search for a group under {base}")
            entries += result.entries
        return entries

    def _unfit(self, entry: Entry) -> Fault | None:
        is_token = self.settings.strategy == "token_groups"
        return _FOR_MAIL if is_token and not active_directory.is_security_group(entry) else None
