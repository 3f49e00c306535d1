"""DNs that a server returned: parsed, and turned into searches for their entries.

Some servers write DNs without the escapes of RFC 4514 (`cn=C++,ou=groups`). Nobody can know for certain what
such a DN names, so no rule by DN can name it; the entry is found by the DN as the server wrote it.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from app import dn
from app.directory import filters
from app.directory.searcher import Searcher
from app.dn import DN
from app.ldap import codes
from app.ldap.answers import Entry
from app.ldap.codes import ResultCode
from app.ldap.deadline import Deadline
from app.ldap.filters import ANYTHING, any_of
from app.ldap.requests import Query

_Item = TypeVar("_Item")
PER_FILTER = 50
"""The most DNs or SIDs in one filter."""
_TOLD = 1024
_ABSENT = frozenset({ResultCode.NO_SUCH_OBJECT, ResultCode.INVALID_DN_SYNTAX})
_log = logging.getLogger("wharfinger.directory")


def read(text: str) -> DN:
    """Return a DN that a server returned, parsed; one that cannot be parsed is logged."""
    name = dn.of_server(text)
    if name.unread:
        _tell(text)
    return name


@functools.lru_cache(maxsize=_TOLD)
def _tell(text: str) -> None:
    """Log a DN, once in a while: each login of its members comes here."""
    _log.warning("a DN of the directory cannot be parsed; no rule can name it by DN", extra={"dn": text})


def batches(items: Sequence[_Item], size: int = PER_FILTER) -> Iterator[Sequence[_Item]]:
    """Yield the items in batches."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


@dataclass(frozen=True, slots=True)
class Lookup:
    """How the entries of some DNs are found.

    Attributes:
        matchers: Filters by the RDN, which may also match other entries with the same RDN.
        alone: DNs whose RDN cannot be written as a filter: each is read by a search of its own.
    """

    matchers: tuple[str, ...]
    alone: tuple[str, ...]

    @classmethod
    def of(cls, dns: Iterable[str]) -> Lookup:
        """Return how the entries of these DNs are found, in as few searches as possible."""
        matchers, alone = [], []
        for text in dns:
            try:
                dn.parse(text)
                matchers.append(filters.named_like(dn.first(text)))
            except ValueError:
                alone.append(text)
        return cls(tuple(matchers), tuple(alone))

    def filters(self) -> Iterator[str]:
        """Yield the filters, each for as many DNs as one may name."""
        return map(any_of, batches(self.matchers))


def entry_at(
    searcher: Searcher, text: str, configured: str, attributes: tuple[str, ...], deadline: Deadline
) -> Entry | None:
    """Read the entry of a DN that the server returned; None where there is none, or the filter excludes it.

    Raises:
        DirectoryUnavailable: No server answers.
        DirectoryMisconfigured: The account may not read there.
    """
    result = searcher.search(Query(text, "base", configured or ANYTHING, attributes), deadline)
    if result.code in _ABSENT:
        return None
    if result.code != ResultCode.SUCCESS or len(result.entries) > 1:
        raise codes.error(result, f"reading {text}")
    return next(iter(result.entries), None)
