"""Web pages in a real browser: which of them get tokens, and what they can read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.browser import Site
from tests.support.ports import free_port
from tests.support.registry import DOCKER_REGISTRY_2
from tests.support.seeded import PUBLIC_IMAGE, seeded_registry
from tests.support.server import Server, configuration
from tests.support.slapd import Slapd

pytestmark = pytest.mark.slow

# What a registry UI does: ask, read where tokens are, log in there with a header, and ask again.
_UI = """
const challenge = (await fetch("/v2/_catalog")).headers.get("WWW-Authenticate");
const [realm, service, scope] = ["realm", "service", "scope"].map(
    name => challenge.match(new RegExp(name + '="([^"]*)"'))[1]);
const url = realm + "?" + new URLSearchParams({service, scope});
const login = {headers: {Authorization: "Basic " + btoa("carol:carol-password")}};
const {token} = await (await fetch(url, login)).json();
const listed = await (await fetch("/v2/_catalog", {headers: {Authorization: "Bearer " + token}})).json();
const form = new URLSearchParams({
    grant_type: "password", service, username: "carol", password: "carol-password", client_id: "ui"});
const posted = await fetch(realm, {method: "POST", body: form});
const refused = await fetch(url, {headers: {Authorization: "Basic " + btoa("carol:wrong")}});
const anyone = realm + "?scope=repository:base/hello:pull";
return {
    origin: location.origin,
    repositories: listed.repositories,
    posted: posted.status,
    withCredentials: (await fetch(anyone, {credentials: "include"})).status,
    refused: [refused.status, (await refused.json()).errors[0].code],
    challenge: refused.headers.get("WWW-Authenticate"),
    requestId: refused.headers.get("X-Request-Id") !== null,
};
"""
_OTHER_PAGE = """
const ask = (url, options) => fetch(url, options).then(() => "read", () => "not read");
const {realm} = Object.fromEntries(new URLSearchParams(location.search));
return [
    await ask(realm, {headers: {Authorization: "Basic " + btoa("carol:carol-password")}}),
    await ask(realm + "?scope=repository:base/hello:pull", {credentials: "include"}),
    await ask(realm + "?scope=repository:base/hello:pull"),
    await ask(realm, {method: "POST", body: new URLSearchParams({grant_type: "password"})}),
];
"""


@dataclass(frozen=True, slots=True)
class Stand:
    """A server that lets the pages of `ui` use it."""

    server: Server
    ui: Site
    other: Site


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory, slapd: Slapd) -> Iterator[Stand]:
    """Return a registry UI and another site, beside a registry and the server."""
    folder = tmp_path_factory.mktemp("browser")
    ui_port = free_port()
    settings = configuration(free_port(), slapd)
    settings["server"]["cors_origins"] = [f"HTTP://127.0.0.1:{ui_port}"]
    with (
        Server(folder / "wharfinger", settings) as server,
        seeded_registry(DOCKER_REGISTRY_2, folder, server) as seeded,
        Site(_UI, seeded.host, port=ui_port) as ui,
        Site(_OTHER_PAGE) as other,
    ):
        yield Stand(server, ui, other)


def test_a_registry_ui_lists_the_registry(stand: Stand, tmp_path: Path) -> None:
    """It reads tokens by GET and POST, and what is said of a wrong password."""
    seen = stand.ui.opened(tmp_path)
    assert seen["origin"] == stand.ui.origin
    assert seen["repositories"] == [PUBLIC_IMAGE]
    assert seen["posted"] == seen["withCredentials"] == 200
    assert seen["refused"] == [401, "UNAUTHORIZED"]
    assert seen["challenge"].startswith("Basic ")
    assert seen["requestId"] is True


def test_another_page_reads_nothing(stand: Stand, tmp_path: Path) -> None:
    """Neither with a login nor without one: the browser keeps every answer from it."""
    seen = stand.other.opened(tmp_path, f"realm={stand.server.token_url}")
    assert seen == ["not read"] * 4
