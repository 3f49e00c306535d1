"""The tables, as they are after the last migration."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, MetaData, SmallInteger, Table

VERSION: Final = "0001"
"""Of the migrations: what this code reads and writes."""

metadata = MetaData()

logins = Table(
    "logins",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("account", LargeBinary(16), nullable=False),
    Column("tag", LargeBinary(16), nullable=False),
    Column("source", LargeBinary(16), nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("until", Double, nullable=False),
    Column("guesses", Integer, nullable=False),
    Column("guessed_since", Double, nullable=False),
    Index("logins_of_account", "account"),
    Index("logins_of_source", "source"),
    Index("logins_over", "until"),
)
"""The rows of `rows.LoginRow`; times in seconds since 1970."""
