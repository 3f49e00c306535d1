"""What registries and balancers ask for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Generic, TypeVar

import pytest
from cryptography import x509
from flask import Flask
from flask.testing import FlaskClient

from app.errors import AuditUnavailable, ConfigurationError, DirectoryUnavailable, Problem, StateUnavailable
from app.keys.keyring import KeyRing
from app.rules.file.guard import WaitingRulesError
from app.web import health
from tests.support.directory import FakeDirectory

T = TypeVar("T")
REALM = "/auth/realms/demo/protocol/docker-v2"


@dataclass(frozen=True, slots=True)
class Version:
    """Rules of which nothing but the version matters."""

    version: str


@dataclass(frozen=True, slots=True)
class Watched(Generic[T]):
    """Rules or keys, and what is wrong with their files."""

    current: T
    fault: ConfigurationError | None = None
    is_stale: bool = False


@pytest.mark.parametrize("path", [f"{REALM}/certs", REALM[5:] + "/certs", "/.well-known/jwks.json"])
def test_the_jwk_set_lists_the_key_under_both_ids(client: FlaskClient, ring: KeyRing, path: str) -> None:
    """One signing key is two entries, and the answer may be kept for a minute."""
    response = client.get(path)
    assert response.content_type == "application/json"
    assert [key["kid"] for key in json.loads(response.data)["keys"]] == [
        ring.active.libtrust,
        ring.active.rfc7638,
    ]
    assert response.headers["Cache-Control"] == "public, max-age=60"


def test_the_bundle_has_the_certificate(client: FlaskClient, ring: KeyRing) -> None:
    """In PEM, as a registry's `rootcertbundle` wants it."""
    response = client.get(f"{REALM}/certs.pem")
    (certificate,) = x509.load_pem_x509_certificates(response.data)
    assert certificate.public_key() == ring.active.public_key


@pytest.mark.parametrize("leaf", ["certs", "certs.pem"])
def test_an_unknown_realm_has_no_keys(client: FlaskClient, leaf: str) -> None:
    """404 in the shape of every error."""
    response = client.get(f"/auth/realms/other/protocol/docker-v2/{leaf}")
    assert response.status_code == 404
    assert response.get_json()["errors"][0]["code"] == "NAME_UNKNOWN"


def test_nothing_private_is_published(client: FlaskClient) -> None:
    """No member of a JWK is a private one (RFC 7518 §6)."""
    for key in json.loads(client.get("/.well-known/jwks.json").data)["keys"]:
        assert not key.keys() & {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def test_a_live_server_is_alive_whatever_its_directory_does(
    client: FlaskClient, directory: FakeDirectory
) -> None:
    """A directory that is away is no reason to restart the server."""
    directory.fault = DirectoryUnavailable("down")
    assert client.get("/livez").status_code == 200


def test_a_ready_server_says_so(client: FlaskClient) -> None:
    """Every check is named."""
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.get_json() == {
        "status": "ready",
        "checks": {"audit": "ok", "demo/directory": "ok"},
        "rules": {},
        "keys": {},
    }


def test_a_server_that_is_not_ready_names_what_is_not(client: FlaskClient, directory: FakeDirectory) -> None:
    """503 with the realm and a code; what exactly is wrong is for the log."""
    directory.fault = DirectoryUnavailable("ldap1.internal: refused")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.get_json() == {
        "status": "not ready",
        "checks": {"audit": "ok", "demo/directory": "directory_unavailable"},
        "rules": {},
        "keys": {},
    }


def test_a_server_without_its_state_is_ready_and_says_so(directory: FakeDirectory) -> None:
    """Logins do without it; whoever looks can see it."""
    away = FakeDirectory(fault=StateUnavailable("no route to host"))
    application = Flask("test")
    application.register_blueprint(health.blueprint({"demo": directory}, away, FakeDirectory(), {}, {}))
    response = application.test_client().get("/readyz")
    assert response.status_code == 200
    assert response.get_json() == {
        "status": "ready",
        "checks": {"audit": "ok", "demo/directory": "ok", "state": "state_unavailable"},
        "rules": {},
        "keys": {},
    }


def test_asking_often_does_not_ask_the_directory_often(client: FlaskClient, directory: FakeDirectory) -> None:
    """An answer holds for a second: anybody may ask."""
    client.get("/readyz")
    directory.fault = DirectoryUnavailable("down")
    assert client.get("/readyz").status_code == 200


def test_metrics_are_in_prometheus_format(client: FlaskClient) -> None:
    """With the requests that were made."""
    response = client.get("/metrics")
    assert response.content_type.startswith("text/plain; version=")
    assert b"# TYPE wharfinger_token_requests_total counter" in response.data


def test_every_answer_has_a_request_id_and_is_not_sniffed(client: FlaskClient) -> None:
    """Also those that are no token."""
    for path in ("/livez", "/readyz", "/metrics", "/nowhere", "/.well-known/jwks.json"):
        headers = client.get(path).headers
        assert len(headers["X-Request-Id"]) == 32
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_server_on_its_last_good_rules_is_ready_and_says_so() -> None:
    """A fault in the rules files takes no server out of service; the version is that in force."""
    rules = Watched(Version("abc"), ConfigurationError([]))
    routes = health.blueprint({}, None, FakeDirectory(), {"demo": rules}, {})
    application = Flask("test")
    application.register_blueprint(routes)
    response = application.test_client().get("/readyz")
    assert response.status_code == 200
    assert response.get_json()["rules"] == {"demo": {"version": "abc", "files": "faulty"}}


def test_rules_that_wait_to_be_accepted_are_said_to() -> None:
    """The server is ready on those in force; whoever looks sees that nothing is wrong with the others."""
    waiting = WaitingRulesError(Problem.of_file("rules.yaml", "drops 4 of 4 rules"), "def")
    application = Flask("test")
    rules = {"demo": Watched(Version("abc"), waiting)}
    application.register_blueprint(health.blueprint({}, None, FakeDirectory(), rules, {}))
    response = application.test_client().get("/readyz")
    assert response.status_code == 200
    assert response.get_json()["rules"] == {"demo": {"version": "abc", "files": "waiting"}}


@pytest.mark.parametrize(
    ("path", "status", "checks"),
    [
        ("/readyz", 503, {"a/directory", "b/directory"}),
        ("/readyz?realms=any", 200, {"a/directory", "b/directory"}),
        ("/readyz/a", 200, {"a/directory"}),
        ("/readyz/b", 503, {"b/directory"}),
        ("/readyz?realms=none", 200, {"a/directory", "b/directory"}),
    ],
)
def test_one_realm_without_its_directory(path: str, status: int, checks: set[str], ring: KeyRing) -> None:
    """It makes the server not ready, unless any realm is enough, or another realm is asked for."""
    away = FakeDirectory(fault=DirectoryUnavailable("away"))
    keys = {"a": Watched(ring, None), "b": Watched(ring, None)}
    application = Flask("test")
    application.register_blueprint(
        health.blueprint({"a": FakeDirectory(), "b": away}, None, FakeDirectory(), {}, keys)
    )
    response = application.test_client().get(path)
    assert (response.status_code, response.get_json()["checks"].keys()) == (status, {"audit", *checks})
    assert response.get_json()["keys"].keys() == {name[0] for name in checks}


@pytest.mark.parametrize("path", ["/readyz", "/readyz/a", "/readyz?realms=any", "/readyz?realms=none"])
def test_a_server_that_cannot_write_its_audit_stream_is_not_ready(path: str) -> None:
    """It refuses every request, whatever realm is asked about, so a balancer takes it out of service."""
    full = FakeDirectory(fault=AuditUnavailable("No space left on device"))
    application = Flask("test")
    application.register_blueprint(health.blueprint({"a": FakeDirectory()}, None, full, {}, {}))
    response = application.test_client().get(path)
    assert response.status_code == 503
    assert response.get_json()["checks"] == {"audit": "audit_unavailable", "a/directory": "ok"}


def test_no_realm_is_enough_where_none_works() -> None:
    """Of several realms without their directory none is ready."""
    away = FakeDirectory(fault=DirectoryUnavailable("away"))
    application = Flask("test")
    application.register_blueprint(health.blueprint({"a": away, "b": away}, None, FakeDirectory(), {}, {}))
    assert application.test_client().get("/readyz?realms=any").status_code == 503


def test_the_readiness_of_an_unknown_realm(client: FlaskClient) -> None:
    """There is no such realm, ready or not."""
    assert client.get("/readyz/nowhere").status_code == 404


@pytest.mark.parametrize("fault", [None, ConfigurationError([])])
def test_files_that_nobody_could_look_at_for_long_are_stale(
    ring: KeyRing, fault: ConfigurationError | None
) -> None:
    """Whether they have a fault is not known then; the server is ready with what is in force."""
    rules, keys = Watched(Version("abc"), fault, is_stale=True), Watched(ring, fault, is_stale=True)
    application = Flask("test")
    application.register_blueprint(
        health.blueprint({}, None, FakeDirectory(), {"demo": rules}, {"demo": keys})
    )
    response = application.test_client().get("/readyz")
    assert response.status_code == 200
    body = response.get_json()
    assert [body[what]["demo"]["files"] for what in ("rules", "keys")] == ["stale", "stale"]


def test_the_log_says_not_ready_of_no_server_that_is(
    directory: FakeDirectory, caplog: pytest.LogCaptureFixture
) -> None:
    """One without its state is ready, and the log says so; one without its directory is not."""
    for directory_fault, state_fault in (
        (None, StateUnavailable("away")),
        (DirectoryUnavailable("away"), None),
    ):
        directory.fault = directory_fault
        application = Flask("test")
        state = FakeDirectory(fault=state_fault)
        application.register_blueprint(health.blueprint({"demo": directory}, state, FakeDirectory(), {}, {}))
        application.test_client().get("/readyz")
    assert [record.message for record in caplog.records] == ["ready without the state", "not ready"]


@pytest.mark.parametrize(("fault", "files"), [(None, "ok"), (ConfigurationError([]), "faulty")])
def test_the_active_key_is_named(ring: KeyRing, fault: ConfigurationError | None, files: str) -> None:
    """A fault in the keys folder takes no server out of service either; the key is the one in force."""
    application = Flask("test")
    application.register_blueprint(
        health.blueprint({}, None, FakeDirectory(), {}, {"demo": Watched(ring, fault)})
    )
    response = application.test_client().get("/readyz")
    assert response.status_code == 200
    assert response.get_json()["keys"] == {"demo": {"active": ring.active.rfc7638, "files": files}}
