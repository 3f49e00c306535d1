"""What people and groups are searched with: a port, so that whoever searches need not know the connection."""

from __future__ import annotations

from typing import Protocol

from app.ldap.answers import Entry, Result
from app.ldap.deadline import Deadline
from app.ldap.requests import Query


class Searcher(Protocol):
    """Searches as somebody: as the service account, or as the person who logs in."""

    def search(self, query: Query, deadline: Deadline) -> Result:
        """Search once.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: An administrator must change something.
        """


class PagedSearcher(Searcher, Protocol):
    """Can also return more entries than a server sends in one answer."""

    def search_all(self, query: Query, most: int) -> list[Entry]:
        """Search page by page.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: There are more entries than `most`, or the answer is not whole.
        """
