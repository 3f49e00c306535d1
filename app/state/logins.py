"""The store of failed and proved logins that all processes share, in a database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, or_, select, text, update
from sqlalchemy.engine import Row

from app.errors import StateUnavailable
from app.state.clock import ClockCheck
from app.state.database import Database
from app.state.rows import TOLERANCE, LoginRow, LoginState
from app.state.tables import IS_FAILURE, logins

T = TypeVar("T")
_MOST: Final = 1_000_000
_BATCH: Final = 1000
_SWEEP_SECONDS: Final = 10.0
_SOON_SECONDS: Final = 1.0

_FIELDS = tuple(column.name for column in logins.columns if column.name != "id")
_CHANGING = tuple(name for name in _FIELDS if name not in {"account", "source"})
_OF_ACCOUNT = (
    select(logins)
    .where(logins.c.account == bindparam("account"), logins.c.until > bindparam("now"))
    .order_by(logins.c.id)
)
_OF_SOURCE = select(func.count(), func.min(logins.c.at), func.max(logins.c.at)).where(
    logins.c.source == bindparam("source"), logins.c.at > bindparam("since"), IS_FAILURE
)
_CLAMP_SOURCE = (
    update(logins)
    .where(logins.c.source == bindparam("of_source"), logins.c.at > bindparam("now"), IS_FAILURE)
    .values(at=bindparam("now"), until=logins.c.until - logins.c.at + bindparam("now"))
)
_ADD = insert(logins)
_IT = logins.c.id == bindparam("row_id")
# a column that is set is written to its index too, even where its value stays the same
_CHANGE = update(logins).where(_IT).values({name: bindparam(name) for name in _CHANGING})
_PROOF = and_(logins.c.account == bindparam("account"), logins.c.state == int(LoginState.PROOF))
_REMOVE = delete(logins).where(_IT)
_REMOVE_WITH = delete(logins).where(or_(_IT, and_(_PROOF, logins.c.tag == bindparam("tag"))))
_REMOVE_BUT = delete(logins).where(or_(_IT, and_(_PROOF, logins.c.tag != bindparam("tag"))))
_OVER = select(logins.c.id).where(logins.c.until <= bindparam("now")).limit(_BATCH)
_SWEEP = delete(logins).where(logins.c.id.in_(_OVER.scalar_subquery()))
_COUNT = select(func.count()).select_from(select(logins.c.id).limit(_MOST).subquery())
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")


class SqlFailureStore:
    """Keeps rows in a database."""

    def __init__(self, database: Database, clocks: ClockCheck) -> None:
        self._database, self._clocks = database, clocks
        self._next_sweep = 0.0
        self._lock = threading.Lock()
        self.is_full = False

    def transact(self, account: bytes, source: bytes, now: float, work: Callable[[SqlAccountRows], T]) -> T:
        """Work on the rows of an account; nobody else changes them or the source's failures meanwhile.

        Raises:
            StateUnavailable: The work was not done in time. It may have been done nevertheless.
        """
        result = self._database.run(
            lambda connection: work(SqlAccountRows(self, connection, account, source, now))
        )
        if self._is_to_sweep(now):
            self._sweep(now)
        return result

    def _is_to_sweep(self, now: float) -> bool:
        with self._lock:
            if now < self._next_sweep:
                return False
            self._next_sweep = now + _SWEEP_SECONDS
            return True

    def _sweep(self, now: float) -> None:
        """Remove expired rows, some at a time; find out whether there is room, and compare the clocks."""
        try:
            swept = self._database.run(lambda connection: connection.execute(_SWEEP, {"now": now}).rowcount)
            if swept == _BATCH:  # after a flood more rows expire than the usual pause would ever remove
                self._next_sweep = now + _SOON_SECONDS
            self._database.run(self._clocks.compare)
            self.is_full = self._database.run(lambda connection: connection.scalar(_COUNT)) == _MOST
        except StateUnavailable:
            return  # whoever needs the database next reports it


class SqlAccountRows:
    """The rows of one account within a transaction."""

    def __init__(
        self, store: SqlFailureStore, connection: Connection, account: bytes, source: bytes, now: float
    ) -> None:
        self._store, self._connection = store, connection
        self._account, self._source, self._now = account, source, now
        self._alone_with(account)

    def all(self) -> Sequence[LoginRow]:
        """Return every row of the account that has not expired; one that is dated ahead is dated anew."""
        found = self._connection.execute(_OF_ACCOUNT, {"account": self._account, "now": self._now})
        rows = [_row(each) for each in found]
        for row in rows:
            if row.is_ahead(self._now):
                self.change(row.clamped(self._now))
        return [row.clamped(self._now) for row in rows]

    def source(self, since: float) -> tuple[int, float]:
        """Return how many failures of the source there are since a moment, and when the oldest was.

        Those that are dated ahead are dated anew.
        """
        self._alone_with(self._source)
        given = {"source": self._source, "since": since}
        count, oldest, newest = self._connection.execute(_OF_SOURCE, given).one()
        if newest is not None and newest > self._now + TOLERANCE:
            self._connection.execute(_CLAMP_SOURCE, {"of_source": self._source, "now": self._now})
        return count, min(oldest or 0.0, self._now)

    def add(self, row: LoginRow) -> int:
        """Keep a row and return its id."""
        added = self._connection.execute(_ADD, _values(row, _FIELDS)).inserted_primary_key
        return int(added[0]) if added is not None else 0

    def is_full(self) -> bool:
        """Whether there is room for exempt logins alone; rows that expire make room."""
        return self._store.is_full

    def change(self, row: LoginRow) -> None:
        """Change a row; one that is gone stays gone."""
        self._connection.execute(_CHANGE, {"row_id": row.id, **_values(row, _CHANGING)})

    def remove(self, row_id: int, *, proofs_of: bytes | None = None, proofs_but: bytes | None = None) -> None:
        """Remove a row, and proofs of the account.

        Args:
            row_id: Which; 0 is none.
            proofs_of: The tag of the proofs to remove.
            proofs_but: The tag of the proofs to keep, where all others are to be removed.
        """
        given = {"row_id": row_id, "account": self._account}
        if proofs_of is not None:
            self._connection.execute(_REMOVE_WITH, {**given, "tag": proofs_of})
        elif proofs_but is not None:
            self._connection.execute(_REMOVE_BUT, {**given, "tag": proofs_but})
        else:
            self._connection.execute(_REMOVE, given)

    def _alone_with(self, tag: bytes) -> None:
        """Lock an account or a source, the account always first. SQLite has one writer at a time anyway."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(_LOCK, {"key": int.from_bytes(tag[:8], "big", signed=True)})


def _row(found: Row[Any]) -> LoginRow:
    row_id, account, tag, source, state, at, until, holder, *guesses = tuple[Any, ...](found)
    tags = bytes(account), bytes(tag), bytes(source)
    return LoginRow(row_id, *tags, LoginState(state), at, until, bytes(holder), *guesses)


def _values(row: LoginRow, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names} | {"state": int(row.state)}
