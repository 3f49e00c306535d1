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
    String,
    Table,
    Text,
    literal_column,
)

from app.state.rows import LoginState

VERSION: Final = "0002"
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

accepted_rules = Table(
    "accepted_rules",
    metadata,
    Column("realm", String(64), primary_key=True),
    Column("version", String(16), nullable=False),
)
"""Of each realm the version of the rules that were accepted last."""

IS_FAILURE: Final = logins.c.state != literal_column(str(int(LoginState.PROOF)))
"""Written out, not bound: a partial index serves only queries with its very condition."""

Index("logins_failed_of_source", logins.c.source, sqlite_where=IS_FAILURE, postgresql_where=IS_FAILURE)

denials = Table(
    "denials",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("at", Double, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("realm", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("repository", Text, nullable=False),
    Column("actions", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("rules_version", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Index("denials_by_time", "at"),
    Index("denials_of_subject", "subject", "at"),
)
"""The rows of `rows.DenialRow`; actions joined by commas, reasons as JSON."""
