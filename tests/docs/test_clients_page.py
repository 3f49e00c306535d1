"""docs/reference/clients.md and what the end-to-end tests count."""

from __future__ import annotations

from app.protocol.families import FAMILIES, UNKNOWN, Family, Shows
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


def test_every_family_stands_in_the_reference() -> None:
    """With what it is known by, in the order in which they are asked, and what it shows."""
    statuses = {Shows.FORBIDDEN: "403", Shows.UNAUTHORIZED: "401", Shows.NONE: "never said"}
    (table,) = tables(reference("clients"), "family", "known by", "`denied` is", "logs in with")
    assert [tuple(row.values()) for row in table.rows] == [
        (one.name, _known_by(one), statuses[one.shows], f"`{one.login}`") for one in (*FAMILIES, UNKNOWN)
    ]


def _known_by(one: Family) -> str:
    products, ids = (
        ", ".join(f"`{name}`" for name in sorted(names)) for names in (one.products, one.client_ids)
    )
    return f"{products}; `client_id` {ids}" if ids else products
