"""Notices filters that match nothing: a server takes a misspelled attribute, and finds nobody by it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from app.directory import outcome
from app.directory.people import Search
from app.errors import WharfingerError
from app.ldap.deadline import Deadline
from app.ldap.filters import ANYTHING, NO_ATTRIBUTES
from app.ldap.requests import Query

_log = logging.getLogger("wharfinger.directory")


class EmptinessCheck:
    """Looks once, when nothing was found for the first time, whether there is anything to be found."""

    def __init__(self, section: str, bases: Sequence[str], scope: str, configured: str) -> None:
        """Prepare.

        Args:
            section: Of the settings, for the log.
            bases: Where to look.
            scope: How far.
            configured: The filter.
        """
        self._section, self._bases, self._scope = section, bases, scope
        self._filter = configured or ANYTHING
        self._is_settled = False

    def found(self) -> None:
        """Take note that the filter works."""
        self._is_settled = True

    def missed(self, search: Search, deadline: Deadline) -> None:
        """Take note that nothing was found; says so in the log where there is nothing at all."""
        if self._is_settled:
            return
        self._is_settled = True
        try:
            anything = any(self._is_there_something(search, base, deadline) for base in self._bases)
        except WharfingerError:
            return  # whoever logs in next hears of it
        if not anything:
            extra = {"section": self._section, "filter": self._filter, "bases": list(self._bases)}
            _log.error("a filter of the directory matches nothing at all", extra=extra)

    def _is_there_something(self, search: Search, base: str, deadline: Deadline) -> bool:
        query = Query(base, self._scope, self._filter, (NO_ATTRIBUTES,), size_limit=1)
        result = search.search(query, deadline)
        return bool(result.entries) or result.code not in (outcome.SUCCESS, outcome.NO_SUCH_OBJECT)
