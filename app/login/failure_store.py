"""Where failed and proved logins are kept: the port, and the store in the memory of one process.

The store that all processes share is `state/logins.py`.
"""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from app.state.rows import LoginRow, LoginState

T = TypeVar("T")
_SWEEP_SECONDS = 10.0


class AccountRows(Protocol):
    """The rows of one account within a transaction: nobody else can change them meanwhile."""

    def all(self) -> Sequence[LoginRow]:
        """Return every row of the account that has not expired; one that is dated ahead is dated anew."""

    def source(self, since: float) -> tuple[int, float]:
        """Return how many failures of the source there are since a moment, and when the oldest was.

        Those that are dated ahead are dated anew.
        """

    def add(self, row: LoginRow) -> int:
        """Keep a row and return its id; 0 where there is no room at all."""

    def is_full(self) -> bool:
        """Whether there is room for exempt logins alone; rows that expire make room."""

    def change(self, row: LoginRow) -> None:
        """Change a row of this account and source; one that is gone stays gone."""

    def remove(self, row_id: int, *, proofs_of: bytes | None = None, proofs_but: bytes | None = None) -> None:
        """Remove a row, and proofs of the account.

        Args:
            row_id: Which; 0 is none.
            proofs_of: The tag of the proofs to remove.
            proofs_but: The tag of the proofs to keep, where all others are to be removed.
        """


class FailureStore(Protocol):
    """Keeps rows."""

    def transact(self, account: bytes, source: bytes, now: float, work: Callable[[AccountRows], T]) -> T:
        """Work on the rows of an account; nobody else changes them or the source's failures meanwhile.

        Raises:
            StateUnavailable: The work is not done; or it is done, and nobody could say so in time.
        """


class MemoryStore:
    """Keeps a limited number of rows in memory.

    Exempt logins, and those that another store has allowed, may use 10 % above the limit. A failure for which
    there is no room even so is not kept. Then the store counts as full until that failure would have expired,
    so that what it does not know of cannot matter.
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

    def transact(self, account: bytes, source: bytes, now: float, work: Callable[[AccountRows], T]) -> T:
        """Work on the rows of an account, while nobody else works on any."""
        with self._lock:
            if len(self.kept) >= self.most and now >= self._next_sweep:
                self._next_sweep = now + _SWEEP_SECONDS  # it looks at every row
                self.drop(row.id for row in list(self.kept.values()) if row.until <= now)
            return work(_MemoryRows(self, account, source, now))

    def put(self, row: LoginRow) -> None:
        """Keep a row; the lock is held."""
        self.kept[row.id] = row
        self.of_account[row.account].add(row.id)
        if row.state is not LoginState.PROOF:
            self.of_source[row.source].add(row.id)

    def drop(self, ids: Iterable[int]) -> None:
        """Remove rows; the lock is held."""
        for each in ids:
            row = self.kept.pop(each, None)
            if row is None:
                continue
            for index, key in ((self.of_account, row.account), (self.of_source, row.source)):
                index[key].discard(each)
                if not index[key]:
                    del index[key]


class _MemoryRows:
    def __init__(self, store: MemoryStore, account: bytes, source: bytes, now: float) -> None:
        self._store, self._account, self._source, self._now = store, account, source, now

    def all(self) -> Sequence[LoginRow]:
        ids = sorted(self._store.of_account.get(self._account, ()))
        found = [self._store.kept[each] for each in ids]
        expired = [row.id for row in found if row.until <= self._now]
        self._store.drop(expired)
        return [self._dated(row) for row in found if row.id not in expired]

    def source(self, since: float) -> tuple[int, float]:
        ids = list(self._store.of_source.get(self._source, ()))
        moments = [at for each in ids if (at := self._dated(self._store.kept[each]).at) > since]
        return len(moments), min(moments, default=0.0)

    def _dated(self, row: LoginRow) -> LoginRow:
        clamped = row.clamped(self._now)
        if row.is_ahead(self._now):
            self.change(clamped)
        return clamped

    def add(self, row: LoginRow) -> int:
        store = self._store
        if len(store.kept) >= store.most + store.most // 10:
            if row.state is not LoginState.PROOF:
                store.lost_until = max(store.lost_until, row.until)
            return 0
        kept = replace(row, id=next(store.ids))
        store.put(kept)
        return kept.id

    def is_full(self) -> bool:
        return len(self._store.kept) >= self._store.most or self._now < self._store.lost_until

    def change(self, row: LoginRow) -> None:
        if row.id in self._store.kept:
            self._store.drop([row.id])  # a login that was proved is no failure of its source any more
            self._store.put(row)

    def remove(self, row_id: int, *, proofs_of: bytes | None = None, proofs_but: bytes | None = None) -> None:
        proofs = [row for row in self.all() if row.state is LoginState.PROOF]
        if proofs_of is not None:
            proofs = [row for row in proofs if row.tag == proofs_of]
        elif proofs_but is not None:
            proofs = [row for row in proofs if row.tag != proofs_but]
        else:
            proofs = []
        self._store.drop([row_id, *(row.id for row in proofs)])
