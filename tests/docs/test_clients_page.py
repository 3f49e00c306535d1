"""docs/reference/clients.md and what the end-to-end tests count."""

from __future__ import annotations

from tests.docs.reading import reference, tables
from tests.e2e.costs import COSTS


def test_every_cost_stands_in_the_reference() -> None:
    """Every client that is run is described, with the requests for tokens that each operation needs."""
    (table,) = tables(reference("clients"), "client", "login")
    described = {row["client"]: {name: row[name] for name in row if name != "client"} for row in table.rows}
    assert described == {
        client: {name: str(len(costs[name].requests)) if name in costs else "—" for name in table.columns[1:]}
        for client, costs in COSTS.items()
    }
