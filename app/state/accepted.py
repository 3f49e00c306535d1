"""Which rules of each realm were accepted last, although they drop many, for all servers."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from app.state.database import Database
from app.state.tables import accepted_rules


def accept(database: Database, realm: str, version: str) -> None:
    """Note that rules of a version are accepted; those that were before are so no longer.

    Raises:
        StateUnavailable: It was not noted in time.
    """

    def work(connection: Connection) -> None:
        connection.execute(delete(accepted_rules).where(accepted_rules.c.realm == realm))
        connection.execute(insert(accepted_rules).values(realm=realm, version=version))

    database.run(work)


def is_accepted(database: Database, realm: str, version: str) -> bool:
    """Whether rules of a version are accepted.

    Raises:
        StateUnavailable: It is not known.
    """
    found = select(accepted_rules.c.version).where(accepted_rules.c.realm == realm)
    return database.run(lambda connection: connection.execute(found).scalar()) == version
