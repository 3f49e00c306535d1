"""The logins that failed lately, and those that were proved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table."""
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


def downgrade() -> None:
    """Drop the table: failures are counted anew."""
    op.drop_table("logins")
