"""Whether a group exists: for commands that check rules, never for a decision."""

from __future__ import annotations

from app.directory import filters
from app.directory.searcher import Searcher
from app.directory.settings import GroupSettings
from app.ldap import codes
from app.ldap.codes import ResultCode
from app.ldap.deadline import Deadline
from app.ldap.filters import ANYTHING, equals_any
from app.ldap.requests import Query


def has_group(searcher: Searcher, settings: GroupSettings, name: str, deadline: Deadline) -> bool:
    """Whether a group of this name exists; a name with `=` in it is a DN.

    Raises:
        DirectoryUnavailable: No server answers.
        DirectoryMisconfigured: The service account may not search there.
    """
    if "=" in name:
        query = Query(name, "base", settings.filter or ANYTHING, (settings.name_attribute,), 1)
        return _finds(searcher, query, deadline, absent=ResultCode.NO_SUCH_OBJECT)
    text = filters.restricted(equals_any([settings.name_attribute], name), settings.filter)
    queries = (Query(base, settings.scope, text, (settings.name_attribute,), 1) for base in settings.bases)
    return any(_finds(searcher, query, deadline) for query in queries)


def _finds(searcher: Searcher, query: Query, deadline: Deadline, *, absent: int | None = None) -> bool:
    result = searcher.search(query, deadline)
    if result.code == absent:
        return False
    if result.code not in (ResultCode.SUCCESS, ResultCode.SIZE_LIMIT_EXCEEDED):
        raise codes.error(result, f"the search for a group under {query.base}")
    return bool(result.entries)
