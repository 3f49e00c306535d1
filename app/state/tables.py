"""The tables, as they are after the last migration."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    literal_column,
)

from app.state.rows import LoginState

VERSION: Final = "0001"
"""The migration that this code reads and writes."""

metadata = MetaData()

logins = Table(
    "logins",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("account", LargeBinary(16), nullable=False),
    Column("tag", LargeBinary(16), nullable=False),
    Column("source", LargeBinary(16), nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("until", Double, nullable=False),
    Column("holder", LargeBinary(24), nullable=False),
    Column("guesses", Integer, nullable=False),
    Column("guessed_since", Double, nullable=False),
    Index("logins_of_account", "account"),
    Index("logins_over", "until"),
)
"""The rows of `rows.LoginRow`; times in seconds since 1970."""

IS_FAILURE: Final = logins.c.state != literal_column(str(int(LoginState.PROOF)))
"""Written out, not bound: a partial index serves only queries with its very condition."""

Index("logins_failed_of_source", logins.c.source, sqlite_where=IS_FAILURE, postgresql_where=IS_FAILURE)
