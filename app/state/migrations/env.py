"""How alembic runs the migrations: on the connection that `prepare.py` gives it, in its transaction."""

from __future__ import annotations

from alembic import context

from app.state.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
