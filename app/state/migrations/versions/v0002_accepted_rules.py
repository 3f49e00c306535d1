"""Which rules were accepted though they drop many."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "accepted_rules",
        sa.Column("realm", sa.String(64), primary_key=True),
        sa.Column("version", sa.String(16), nullable=False),
    )


def downgrade() -> None:
    """Drop the table: rules that wait have to be accepted anew."""
    op.drop_table("accepted_rules")
