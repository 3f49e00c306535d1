"""The token endpoint over HTTP."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.errors import DirectoryMisconfigured, DirectoryUnavailable
from app.keys.keyring import KeyRing
from tests.support.directory import FakeDirectory
from tests.support.parts import Collector, claims_of

PATHS = [
    f"{prefix}/realms/demo/protocol/docker-v2{leaf}{slash}"
    for prefix in ("/auth", "")
    for leaf in ("/auth", "")
    for slash in ("", "/")
] + ["/token", "/token/", "/auth/token", "/auth/token/", "/auth", "/auth/"]
ALICE = {"Authorization": "Basic " + base64.b64encode(b"alice:alice-password").decode()}


def _error(response: TestResponse) -> dict[str, Any]:
    assert response.content_type == "application/json"
    body = response.get_json()
    assert body.keys() == {"errors"}
    (error,) = body["errors"]
    assert error.keys() == {"code", "message", "detail"}
    assert all(isinstance(value, str) for value in error.values())
    return dict(error)


@pytest.mark.parametrize("path", PATHS)
def test_every_path_of_the_endpoint_answers_without_a_redirect(
    client: FlaskClient, ring: KeyRing, path: str
) -> None:
    """Keycloak's path with and without its `/auth`, the short ones, each with and without a last slash."""
    response = client.get(path, query_string={"scope": "repository:platform/app:pull"}, headers=ALICE)
    assert response.status_code == 200
    assert claims_of(response.get_json()["token"], ring)["sub"] == "alice"


def test_an_answer_has_both_tokens_and_its_lifetime(client: FlaskClient) -> None:
    """`token` and `access_token` are equal, `expires_in` is an integer, and nobody may store the answer."""
    response = client.get("/token", headers=ALICE)
    body = response.get_json()
    assert body.keys() == {"token", "access_token", "expires_in"}
    assert body["token"] == body["access_token"]
    assert body["expires_in"] == 300
    assert response.content_type == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"


def test_the_request_id_is_the_token_id(client: FlaskClient, ring: KeyRing, told: Collector) -> None:
    """One id stands in the header, the token and the record."""
    response = client.get("/token", headers=ALICE)
    request_id = response.headers["X-Request-Id"]
    assert claims_of(response.get_json()["token"], ring)["jti"] == request_id == told.last.request_id


def test_no_two_requests_have_one_id(client: FlaskClient) -> None:
    """Ids are unique, also of requests that are refused."""
    ids = {client.get("/token").headers["X-Request-Id"] for _ in range(20)}
    assert len(ids) == 20


def test_scopes_may_be_repeated_and_joined(client: FlaskClient, ring: KeyRing) -> None:
    """Both spellings of several scopes mean the same; `%20` and `+` are decoded once."""
    query = "scope=repository:platform/a:pull+repository:platform/b:pull&scope=repository:platform/c:pull"
    token = client.get(f"/token?{query}", headers=ALICE).get_json()["token"]
    assert [entry["name"] for entry in claims_of(token, ring)["access"]] == [
        "platform/a",
        "platform/b",
        "platform/c",
    ]


def test_a_name_that_is_encoded_twice_grants_nothing(client: FlaskClient, ring: KeyRing) -> None:
    """Percent-encodings are undone once and never again."""
    token = client.get("/token?scope=repository:platform%252Fapp:pull", headers=ALICE).get_json()["token"]
    assert claims_of(token, ring)["access"] == []


def test_the_account_parameter_authenticates_nobody(client: FlaskClient, ring: KeyRing) -> None:
    """Docker sends it; it is never the subject."""
    token = client.get("/token?account=carol", headers=ALICE).get_json()["token"]
    assert claims_of(token, ring)["sub"] == "alice"
    assert client.get("/token?account=alice").status_code == 401


@pytest.mark.parametrize(
    "header",
    ["Basic !!!", "Basic", "Basic YWxpY2U=", "Bearer abc", "Negotiate x", "Basic YTpi, Basic YTpi", "", " "],
)
def test_what_looks_like_a_credential_is_never_anonymous(client: FlaskClient, header: str) -> None:
    """Whatever is in an Authorization header, the answer is no anonymous token."""
    response = client.get("/token?scope=repository:base/debian:pull", headers={"Authorization": header})
    assert response.status_code == 401
    assert _error(response)["code"] == "UNAUTHORIZED"


def test_a_wrong_password_is_challenged(client: FlaskClient) -> None:
    """401 with the realm's name, in a text for the person at the terminal."""
    response = client.get("/token", auth=("alice", "wrong"))
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Basic realm="demo", charset="UTF-8"'
    assert _error(response)["message"] == "The user name or password is wrong."


def test_a_refusal_does_not_tell_why(client: FlaskClient) -> None:
    """An unknown name, a wrong password and a locked account differ in the request id alone."""
    bodies = []
    for login in (("alice", "wrong"), ("nobody", "x"), ("dave", "dave-password"), ("alice", "")):
        response = client.get("/token", auth=login)
        bodies.append(response.get_data(as_text=True).replace(response.headers["X-Request-Id"], "ID"))
        assert response.status_code == 401
    assert len(set(bodies)) == 1


@pytest.mark.parametrize(
    "fault", [DirectoryUnavailable("ldap1.internal"), DirectoryMisconfigured("dc=internal")]
)
def test_a_directory_that_is_away_is_no_wrong_password(
    client: FlaskClient, directory: FakeDirectory, fault: DirectoryUnavailable | DirectoryMisconfigured
) -> None:
    """503 with Retry-After and the request id in the text; nothing internal."""
    directory.fault = fault
    response = client.get("/token", headers=ALICE)
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    error = _error(response)
    assert error["code"] == "UNAVAILABLE"
    assert response.headers["X-Request-Id"] in error["message"]
    assert "internal" not in response.get_data(as_text=True)


def test_a_fault_of_ours_shows_no_trace(
    client: FlaskClient, directory: FakeDirectory, told: Collector
) -> None:
    """500, the request id, and not a word of what went wrong; it is recorded as an internal fault."""
    directory.fault = RuntimeError("marked-detail")  # type: ignore[assignment]  # a fault that no port may have
    response = client.get("/token", headers=ALICE)
    assert response.status_code == 500
    assert _error(response)["code"] == "UNKNOWN"
    assert response.headers["X-Request-Id"] in _error(response)["message"]
    assert "marked-detail" not in response.get_data(as_text=True)
    assert told.last.outcome == "internal"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("service=other", 400, "NAME_INVALID"),
        ("service=Registry.example.com", 400, "NAME_INVALID"),
        ("&".join(["scope=repository:a:pull"] * 101), 400, "UNSUPPORTED"),
        ("scope=repository:" + "a" * 1100 + ":pull", 400, "UNSUPPORTED"),
    ],
)
def test_a_request_that_cannot_be_answered_is_400(
    client: FlaskClient, query: str, status: int, code: str
) -> None:
    """Unknown services and requests over the limits."""
    response = client.get(f"/token?{query}", headers=ALICE)
    assert (response.status_code, _error(response)["code"]) == (status, code)


def test_an_unknown_realm_is_404(client: FlaskClient) -> None:
    """In the one shape of errors."""
    response = client.get("/auth/realms/other/protocol/docker-v2/auth", headers=ALICE)
    assert (response.status_code, _error(response)["code"]) == (404, "NAME_UNKNOWN")


@pytest.mark.parametrize(
    "path", ["/", "/v2/", "/auth/realms/demo", "/auth/realms/a/b/protocol/docker-v2/auth", "/%00"]
)
def test_any_other_address_is_404(client: FlaskClient, path: str) -> None:
    """The framework's own errors have the same shape."""
    response = client.get(path)
    assert response.status_code == 404
    _error(response)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_405(client: FlaskClient, method: str) -> None:
    """With the methods that there are."""
    response = client.open("/token", method=method)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, POST"
    _error(response)


def test_head_is_no_way_to_log_in(client: FlaskClient, directory: FakeDirectory) -> None:
    """HEAD would be GET without an answer; the directory is not asked."""
    assert client.head("/token", headers=ALICE).status_code == 405
    assert directory.asked == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("//token", 200),
        ("/auth//token", 404),
        ("/token//", 404),
        ("/auth/realms/demo//protocol/docker-v2/auth", 404),
    ],
)
def test_two_slashes_are_no_redirect(client: FlaskClient, path: str, status: int) -> None:
    """Clients would not follow one with their credentials. At the beginning they count as one, within not."""
    response = client.get("/", headers=ALICE, environ_overrides={"PATH_INFO": path})
    assert response.status_code == status
