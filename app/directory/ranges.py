"""All values of an attribute, also where the server returns them in ranges ([MS-ADTS] 3.1.1.3.1.3.3).

Active Directory returns at most 1500 values of `member` or `memberOf` at once, as `member;range=0-1499`. The
range is the only sign that there are more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.directory.searcher import Searcher
from app.dn import attribute_type
from app.errors import DirectoryMisconfigured
from app.ldap import codes
from app.ldap.answers import Entry
from app.ldap.codes import ResultCode
from app.ldap.deadline import Deadline
from app.ldap.filters import ANYTHING
from app.ldap.requests import Query

_MOST_ROUNDS = 200
_RANGE = re.compile(r";range=([0-9]{1,9})-([0-9]{1,9}|\*)")


@dataclass(frozen=True, slots=True)
class _Range:
    start: int
    end: int | None
    values: tuple[bytes, ...]


def all_values(searcher: Searcher, entry: Entry, attribute: str, deadline: Deadline) -> tuple[bytes, ...]:
    """Return all values of an attribute that was requested when the entry was read.

    Raises:
        DirectoryUnavailable: No server answers.
        DirectoryMisconfigured: The list would be incomplete.
    """
    found = _range(entry, attribute)
    if found is None:
        return tuple(entry.attributes.get(attribute_type(attribute), ()))
    values = list(found.values)
    for _ in range(_MOST_ROUNDS):
        if found.end is None:
            return tuple(values)
        wanted = found.end + 1
        found = _next(searcher, entry.dn, attribute, wanted, deadline)
        if found is None or found.start != wanted or (found.end is not None and found.end < wanted):
            break
        values += found.values
    raise DirectoryMisconfigured(f"the server does not give all values of {attribute} of {entry.dn}")


def texts(values: tuple[bytes, ...]) -> tuple[str, ...]:
    """Return values as text.

    Raises:
        DirectoryMisconfigured: One of them is not UTF-8. Leaving it out could lose a group.
    """
    try:
        return tuple(bytes(value).decode() for value in values)
    except UnicodeDecodeError:
        raise DirectoryMisconfigured("the server returned a name that is not UTF-8") from None


def _next(searcher: Searcher, dn: str, attribute: str, start: int, deadline: Deadline) -> _Range | None:
    query = Query(dn, "base", ANYTHING, (f"{attribute};range={start}-*",))
    result = searcher.search(query, deadline)
    if result.code != ResultCode.SUCCESS or len(result.entries) != 1:
        raise codes.error(result, f"reading further values of {attribute} of {dn}")
    return _range(result.entries[0], attribute)


def _range(entry: Entry, attribute: str) -> _Range | None:
    name = attribute_type(attribute)
    for key, values in entry.attributes.items():
        if key.startswith(f"{name};"):
            found = _RANGE.fullmatch(key[len(name) :])
            if found:
                start, end = found.groups()
                return _Range(int(start), None if end == "*" else int(end), tuple(values))
    return None
