"""docs/reference/http-api.md and the web."""

from __future__ import annotations

from app.bootstrap import Parts
from app.errors import Code
from app.web.application import create
from app.web.errors import TABLE, Row
from tests.docs.reading import code, reference, tables


def _also(row: Row) -> str:
    """Write what comes with an answer as the reference does."""
    return "login" if row.challenge else "later" if row.retry else ""


def test_every_error_stands_in_the_reference() -> None:
    """Every code is described with its status, its registry code and what comes with it."""
    (table,) = tables(reference("http-api"), "outcome", "status", "code", "also", "when")
    described = {code(row["outcome"]): (row["status"], code(row["code"]), row["also"]) for row in table.rows}
    declared = {each.value: (str(row.status), row.registry_code, _also(row)) for each, row in TABLE.items()}
    assert described == declared
    assert described.keys() == set(Code)


def test_every_address_stands_in_the_reference() -> None:
    """Every address of the server is described, and no other."""
    (table,) = tables(reference("http-api"), "address", "what")
    routes = create(Parts(ServerSettings(), 64 * 1024, "demo", {}, {})).url_map.iter_rules()
    assert sorted(table.codes("address")) == sorted(route.rule for route in routes)
