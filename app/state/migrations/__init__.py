"""The migrations: alembic runs env.py, which runs versions/."""
