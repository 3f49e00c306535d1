"""docs/reference/http-api.md and the web."""

from __future__ import annotations

from app.bootstrap import Parts
from app.serving.settings import ServerSettings
from app.web.application import create
from tests.docs.reading import reference, tables
from tests.support.parts import NO_AUDIT


def test_every_address_stands_in_the_reference() -> None:
    """Every address of the server is described, and no other."""
    (table,) = tables(reference("http-api"), "address", "what")
    routes = create(Parts(ServerSettings(), 64 * 1024, "demo", {}, {}, NO_AUDIT)).url_map.iter_rules()
    assert sorted(table.codes("address")) == sorted(route.rule for route in routes)


def test_every_member_of_an_answer_is_named() -> None:
    """Those of GET and those that a POST has beside them."""
    text = reference("http-api")
    members = ("token", "access_token", "expires_in", "issued_at", "token_type", "scope")
    assert all(f"`{name}`" in text or f'"{name}"' in text for name in members)
