"""The refusals that people were told, for those whom they ask: 30 days, and so many rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.engine import Row

from app.state.database import Database
from app.state.rows import DenialReasonRow, DenialRow
from app.state.tables import denials

KEPT: Final = timedelta(days=30)
MOST: Final = 100_000
"""Rows that are kept; the oldest go."""

_NEWEST = (denials.c.at.desc(), denials.c.id)
_REMOVE = delete(denials).where(denials.c.id == bindparam("of_id"))
_ADD = insert(denials)
_FORGET = delete(denials).where(denials.c.at < bindparam("since"))
_ONE = select(denials).where(denials.c.id == bindparam("of_id"))


class SqlDenials:
    """Keeps refusals in a database."""

    def __init__(self, database: Database, *, most: int = MOST) -> None:
        self._database, self._most = database, most

    def add(self, rows: Sequence[DenialRow]) -> None:
        """Keep some, and forget those that are old or too many; one replaces another of the same id.

        Raises:
            StateUnavailable: They were not kept in time. They may be nevertheless.
        """
        each = {row.id: row for row in rows}
        self._database.run(lambda connection: self._add(connection, [*each.values()]))

    def find(self, *, subject: str | None, most: int) -> tuple[DenialRow, ...]:
        """Return the newest, of one subject or of all.

        Raises:
            StateUnavailable: They cannot be read.
        """
        query = select(denials).order_by(*_NEWEST).limit(most)
        if subject is not None:
            query = query.where(denials.c.subject == subject)
        return self._database.run(lambda connection: tuple(map(_row, connection.execute(query))))

    def get(self, denial_id: str) -> DenialRow | None:
        """Return one; None where it is not kept.

        Raises:
            StateUnavailable: It cannot be read.
        """
        found = self._database.run(lambda connection: connection.execute(_ONE, {"of_id": denial_id}).first())
        return _row(found) if found is not None else None

    def _add(self, connection: Connection, rows: Sequence[DenialRow]) -> None:
        connection.execute(_REMOVE, [{"of_id": row.id} for row in rows])
        connection.execute(_ADD, [_values(row) for row in rows])
        connection.execute(_FORGET, {"since": max(row.at for row in rows) - KEPT.total_seconds()})
        beyond = select(denials.c.id).order_by(*_NEWEST).offset(self._most).limit(self._most + len(rows))
        connection.execute(delete(denials).where(denials.c.id.in_(beyond.scalar_subquery())))


def _values(row: DenialRow) -> dict[str, Any]:
    reasons = [[one.action, one.rule, one.position, one.text] for one in row.reasons]
    values: dict[str, Any] = {name: getattr(row, name) for name in denials.columns.keys()}  # noqa: SIM118 - no mapping
    values |= {"actions": ",".join(row.actions), "reasons": json.dumps(reasons)}
    return {name: _storable(value) if isinstance(value, str) else value for name, value in values.items()}


def _storable(text: str) -> str:
    """Return a text that every database takes: PostgreSQL knows no NUL, and none half a character."""
    return text.encode(errors="replace").decode().replace("\0", "?")


def _row(found: Row[Any]) -> DenialRow:
    values = found._asdict()
    values["actions"] = tuple(values["actions"].split(","))
    values["reasons"] = tuple(DenialReasonRow(*each) for each in json.loads(values["reasons"]))
    return DenialRow(**values)
