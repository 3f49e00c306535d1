"""Whether there is a group at all: for those who check rules, never for a decision."""

from __future__ import annotations

from app.directory import filters, outcome
from app.directory.search import Searcher
from app.directory.settings import GroupSettings
from app.ldap.deadline import Deadline
from app.ldap.filters import ANYTHING, equals_any
from app.ldap.requests import Query


def has_group(searcher: Searcher, settings: GroupSettings, name: str, deadline: Deadline) -> bool:
    """Tell whether there is a group of a name, or of a DN where `=` is in it.

    Raises:
        DirectoryUnavailable: No server answers.
        DirectoryMisconfigured: The service account may not search there.
    """
    if "=" in name:
        query = Query(name, "base", settings.filter or ANYTHING, (settings.name_attribute,), 1)
        return _finds(searcher, query, deadline, absent=outcome.NO_SUCH_OBJECT)
    text = filters.restricted(equals_any([settings.name_attribute], name), settings.filter)
    queries = (Query(base, settings.scope, text, (settings.name_attribute,), 1) for base in settings.bases)
    return any(_finds(searcher, query, deadline) for query in queries)


def _finds(searcher: Searcher, query: Query, deadline: Deadline, *, absent: int | None = None) -> bool:
    result = searcher.search(query, deadline)
    if result.code == absent:
        return False
    if result.code not in (outcome.SUCCESS, outcome.SIZE_LIMIT):
        raise outcome.failure(result, f"the search for a group under {query.base}")
    return bool(result.entries)
