"""Where it is kept what is known of logins: the port, and the one in the memory of this process.

The other one is `state/logins.py`, which all processes share.
"""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from app.state.rows import Kind, LoginRow

T = TypeVar("T")
_SWEEP_SECONDS = 10.0


class Book(Protocol):
    """What is kept of one account, while nobody else can change it."""

    def rows(self) -> Sequence[LoginRow]:
        """Give every row of the account that is not over."""

    def source(self, since: float) -> tuple[int, float]:
        """Give how many failures of the source there are since a moment, and when the oldest was."""

    def add(self, row: LoginRow) -> int:
        """Keep a row and give its id; 0 where there is no room at all."""

    def is_full(self) -> bool:
        """Tell whether there is no room for the failures of logins that nobody knows; time makes it."""

    def change(self, row: LoginRow) -> None:
        """Keep a row of this account and source anew; one that is gone stays gone."""

    def remove(self, row_id: int, *, marks_of: bytes | None = None, marks_but: bytes | None = None) -> None:
        """Drop a row, and GOOD rows of the account.

        Args:
            row_id: Which; 0 is none.
            marks_of: The tag of those to be dropped.
            marks_but: The tag of those that are not to be, where all others are.
        """


class Ledger(Protocol):
    """Keeps rows."""

    def transact(self, account: bytes, source: bytes, now: float, work: Callable[[Book], T]) -> T:
        """Do something with the book of an account, alone with it and with the source's failures.

        Raises:
            StateUnavailable: It could not be done; perhaps it was, and nobody could say so in time.
        """


class ProcessLedger:
    """Keeps rows in memory, up to a number of them.

    Who has leave already, from here or from the shared ledger, finds room for a tenth more. What finds none
    is not kept: then it is full until that would be over, so that what it does not know of cannot matter.
    """

    def __init__(self, most: int = 100_000) -> None:
        self.most = most
        self.kept: dict[int, LoginRow] = {}
        self.of_account: defaultdict[bytes, set[int]] = defaultdict(set)
        self.of_source: defaultdict[bytes, set[int]] = defaultdict(set)
        self.ids = itertools.count(1)
        self.lost_until = 0.0
        self._next_sweep = 0.0
        self._lock = threading.Lock()

    def transact(self, account: bytes, source: bytes, now: float, work: Callable[[Book], T]) -> T:
        """Do something with the book of an account, alone with all of them."""
        with self._lock:
            if len(self.kept) >= self.most and now >= self._next_sweep:
                self._next_sweep = now + _SWEEP_SECONDS  # it looks at every row
                self.drop(row.id for row in list(self.kept.values()) if row.until <= now)
            return work(_ProcessBook(self, account, source, now))

    def put(self, row: LoginRow) -> None:
        """Keep a row; the lock is held."""
        self.kept[row.id] = row
        self.of_account[row.account].add(row.id)
        if row.kind is not Kind.GOOD:
            self.of_source[row.source].add(row.id)

    def drop(self, ids: Iterable[int]) -> None:
        """Drop rows; the lock is held."""
        for each in ids:
            row = self.kept.pop(each, None)
            if row is None:
                continue
            for index, key in ((self.of_account, row.account), (self.of_source, row.source)):
                index[key].discard(each)
                if not index[key]:
                    del index[key]


class _ProcessBook:
    def __init__(self, ledger: ProcessLedger, account: bytes, source: bytes, now: float) -> None:
        self._ledger, self._account, self._source, self._now = ledger, account, source, now

    def rows(self) -> Sequence[LoginRow]:
        ids = sorted(self._ledger.of_account.get(self._account, ()))
        found = [self._ledger.kept[each] for each in ids]
        over = [row.id for row in found if row.until <= self._now]
        self._ledger.drop(over)
        return [row for row in found if row.id not in over]

    def source(self, since: float) -> tuple[int, float]:
        ids = self._ledger.of_source.get(self._source, ())
        moments = [at for each in ids if (at := self._ledger.kept[each].at) > since]
        return len(moments), min(moments, default=0.0)

    def add(self, row: LoginRow) -> int:
        ledger = self._ledger
        if len(ledger.kept) >= ledger.most + ledger.most // 10:
            if row.kind is not Kind.GOOD:
                ledger.lost_until = max(ledger.lost_until, row.until)
            return 0
        kept = replace(row, id=next(ledger.ids))
        ledger.put(kept)
        return kept.id

    def is_full(self) -> bool:
        return len(self._ledger.kept) >= self._ledger.most or self._now < self._ledger.lost_until

    def change(self, row: LoginRow) -> None:
        if row.id in self._ledger.kept:
            self._ledger.drop([row.id])  # a login that was proved is no failure of its source any more
            self._ledger.put(row)

    def remove(self, row_id: int, *, marks_of: bytes | None = None, marks_but: bytes | None = None) -> None:
        marks = [row for row in self.rows() if row.kind is Kind.GOOD]
        if marks_of is not None:
            marks = [row for row in marks if row.tag == marks_of]
        elif marks_but is not None:
            marks = [row for row in marks if row.tag != marks_but]
        else:
            marks = []
        self._ledger.drop([row_id, *(row.id for row in marks)])
