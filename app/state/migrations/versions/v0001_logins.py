"""The logins that failed lately, those that were proved, and the refusals that people were told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "logins",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
        sa.Column("account", sa.LargeBinary(16), nullable=False),
        sa.Column("tag", sa.LargeBinary(16), nullable=False),
        sa.Column("source", sa.LargeBinary(16), nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("until", sa.Double, nullable=False),
        sa.Column("holder", sa.LargeBinary(24), nullable=False),
        sa.Column("guesses", sa.Integer, nullable=False),
        sa.Column("guessed_since", sa.Double, nullable=False),
    )
    op.create_index("logins_of_account", "logins", ["account"])
    failed = sa.text("state != 4")  # one source may have thousands of rows of proved logins
    op.create_index(
        "logins_failed_of_source", "logins", ["source"], sqlite_where=failed, postgresql_where=failed
    )
    op.create_index("logins_over", "logins", ["until"])
    texts = ("request_id", "realm", "service", "subject", "address", "repository", "actions", "message")
    op.create_table(
        "denials",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in (*texts, "rules_version", "reasons")),
    )
    op.create_index("denials_by_time", "denials", ["at"])
    op.create_index("denials_of_subject", "denials", ["subject", "at"])


def downgrade() -> None:
    """Drop the tables: failures are counted anew."""
    op.drop_table("denials")
    op.drop_table("logins")
