"""Reports filters that match nothing: a server accepts a misspelled attribute, and finds nobody."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from app.directory.searcher import Searcher
from app.errors import WharfingerError
from app.ldap.codes import ResultCode
from app.ldap.deadline import Deadline
from app.ldap.filters import ANYTHING, NO_ATTRIBUTES
from app.ldap.requests import Query

_log = logging.getLogger("wharfinger.directory")


class EmptinessCheck:
    """When a search finds nothing for the first time, checks whether the filter matches anything at all."""

    def __init__(self, section: str, bases: Sequence[str], scope: str, configured: str) -> None:
        """Make a check that has not been made yet.

        Args:
            section: The section of the settings, for the log.
            bases: Where to search.
            scope: How far below them.
            configured: The filter; may be empty.
        """
        self._section, self._bases, self._scope = section, bases, scope
        self._filter = configured or ANYTHING
        self._is_settled = False

    def found(self) -> None:
        """Record that the filter matched something: there is nothing more to check."""
        self._is_settled = True

    def missed(self, searcher: Searcher, deadline: Deadline) -> None:
        """Record that a search found nothing; log an error if the filter matches nothing at all."""
        if self._is_settled:
            return
        self._is_settled = True
        try:
            anything = any(self._matches_below(searcher, base, deadline) for base in self._bases)
        except WharfingerError:
            return  # the next login will report it
        if not anything:
            extra = {"section": self._section, "filter": self._filter, "bases": list(self._bases)}
            _log.error("a filter of the directory matches nothing at all", extra=extra)

    def _matches_below(self, searcher: Searcher, base: str, deadline: Deadline) -> bool:
        query = Query(base, self._scope, self._filter, (NO_ATTRIBUTES,), size_limit=1)
        result = searcher.search(query, deadline)
        return bool(result.entries) or result.code not in (ResultCode.SUCCESS, ResultCode.NO_SUCH_OBJECT)
