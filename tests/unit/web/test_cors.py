"""Web pages of other origins at the token endpoint."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app.bootstrap import Parts
from app.directory.directory import LdapDirectory
from app.errors import DirectoryUnavailable
from app.keys.keyring import KeyRing
from app.serving.settings import ServerSettings
from app.web.application import create
from tests.support.directory import FakeDirectory
from tests.support.parts import NO_AUDIT, Collector, make_issuer, make_realm
from tests.unit.web.test_token import PATHS

UI = "https://ui.example.com"
OTHER = "https://ui.example.com.evil.example"
ALICE = {"Authorization": "Basic " + base64.b64encode(b"alice:alice-password").decode()}
ASKS = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
Make = Callable[..., FlaskClient]


@pytest.fixture
def make(ring: KeyRing, directory: FakeDirectory, told: Collector) -> Make:
    """Return what makes a client of an application that lets pages of some origins use it."""

    def make_client(*origins: str) -> FlaskClient:
        issuer = make_issuer(make_realm(ring, directory), told)
        directories: dict[str, LdapDirectory] = {"demo": directory}  # type: ignore[dict-item]  # it has the same ping
        server = ServerSettings(cors_origins=origins)
        parts = Parts(server, 64 * 1024, "demo", {"demo": issuer}, directories, NO_AUDIT)
        return create(parts).test_client()

    return make_client


@pytest.mark.parametrize("path", PATHS)
def test_a_preflight_is_answered(make: Make, told: Collector, path: str) -> None:
    """At every address of the endpoint, with what a page may send; nothing is recorded, as it is no login."""
    response = make(UI).options(path, headers={"Origin": UI, **ASKS})
    assert response.status_code == 204
    assert response.data == b""
    assert "Content-Type" not in response.headers
    assert response.headers["Access-Control-Allow-Origin"] == UI
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    assert response.headers["Access-Control-Allow-Methods"] == "GET, POST"
    assert response.headers["Access-Control-Allow-Headers"] == "Authorization"
    assert response.headers["Access-Control-Max-Age"] == "3600"
    assert response.headers["Vary"] == "Origin"
    assert told.records == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": OTHER, **ASKS},
        {"Origin": "null", **ASKS},
        {"Origin": "*", **ASKS},
        {"Origin": UI.upper(), **ASKS},
        {"Origin": f"{UI}, {UI}", **ASKS},
        {"Origin": UI},
        ASKS,
        {},
    ],
)
def test_any_other_options_request_is_refused(make: Make, headers: dict[str, str]) -> None:
    """As it is where no origin is set: no method beyond GET and POST, and nothing that lets a page in."""
    response = make(UI).options("/token", headers=headers)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, POST"
    assert "Access-Control-Allow-Methods" not in response.headers


def test_a_page_may_read_a_token(make: Make) -> None:
    """Where its origin is the configured one, and with the credentials that it sent."""
    response = make("https://first.example.com", UI).get("/token", headers={"Origin": UI, **ALICE})
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == UI
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    assert response.headers["Access-Control-Expose-Headers"] == "Retry-After, WWW-Authenticate, X-Request-Id"


@pytest.mark.parametrize("origin", [OTHER, "null", "", "http://ui.example.com", f"{UI}:8443"])
def test_no_other_page_may(make: Make, origin: str) -> None:
    """No header lets it read the answer, nor is its origin said back to it; a cache is told what matters."""
    response = make(UI).get("/token", headers={"Origin": origin, **ALICE})
    assert response.status_code == 200
    assert response.headers["Vary"] == "Origin"
    assert not [name for name, _ in response.headers if name.startswith("Access-Control-")]


def test_a_client_that_is_no_page_sees_no_difference(make: Make) -> None:
    """Docker sends no origin."""
    response = make(UI).get("/token", headers=ALICE)
    assert response.status_code == 200
    assert "Access-Control-Allow-Origin" not in response.headers


def test_errors_can_be_read_too(make: Make, directory: FakeDirectory) -> None:
    """Else a page could not say that the password is wrong, or whom to ask."""
    client = make(UI)
    wrong = client.get("/token", headers={"Origin": UI}, auth=("alice", "wrong"))
    malformed = client.get("/token", headers={"Origin": UI, "Authorization": "Basic !"})
    unknown = client.get("/auth/realms/other/protocol/docker-v2/auth", headers={"Origin": UI})
    large = client.post("/token", data={"grant_type": "x" * 70_000}, headers={"Origin": UI})
    directory.fault = DirectoryUnavailable("cut off")
    away = client.get("/token", headers={"Origin": UI, **ALICE})
    answers = (wrong, malformed, unknown, large, away)
    assert [each.status_code for each in answers] == [401, 401, 404, 413, 503]
    for each in answers:
        assert each.headers["Access-Control-Allow-Origin"] == UI
        assert each.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    "path", ["/livez", "/metrics", "/readyz", "/.well-known/jwks.json", "/openapi.yaml", "/x"]
)
def test_nothing_else_is_open_to_pages(make: Make, path: str) -> None:
    """What an operator watches is not for browsers, and no registry UI asks for the keys."""
    client = make(UI)
    answers = client.get(path, headers={"Origin": UI}), client.options(path, headers={"Origin": UI, **ASKS})
    assert not [name for each in answers for name, _ in each.headers if name.startswith("Access-Control-")]


def test_without_an_origin_nothing_is_done(make: Make) -> None:
    """No function of it is called for any request, and OPTIONS is refused as before."""
    client = make()
    assert set(client.application.after_request_funcs) == {None}
    assert "token.preflight" not in client.application.view_functions
    response = client.options("/token", headers={"Origin": UI, **ASKS})
    assert response.status_code == 405
    assert "Vary" not in client.get("/token", headers={"Origin": UI, **ALICE}).headers
