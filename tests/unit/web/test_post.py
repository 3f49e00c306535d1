"""Logins by POST (Distribution, spec/auth/oauth; RFC 6749 §4.3 and §6)."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from app.bootstrap import Parts
from app.directory.directory import LdapDirectory
from app.errors import Code, DirectoryUnavailable, Refusal
from app.keys.keyring import KeyRing
from app.protocol.secret import Secret
from app.serving.settings import ServerSettings
from app.web.application import create
from app.web.errors import TABLE
from tests.support.directory import PASSWORDS, FakeDirectory
from tests.support.parts import NO_AUDIT, Collector, claims_of, make_issuer, make_realm

REALM = "/auth/realms/demo/protocol/docker-v2/auth"
FORM = "application/x-www-form-urlencoded"
ALICE = {"grant_type": "password", "username": "alice", "password": "alice-password"}
PULL = "repository:platform/app:pull"


def _basic(login: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()}


def _post(client: FlaskClient, fields: dict[str, Any], **more: Any) -> TestResponse:
    return client.post(REALM, data=MultiDict(fields), content_type=FORM, **more)


def _scopes(response: TestResponse, ring: KeyRing) -> list[str]:
    assert response.status_code == 200, response.text
    access = claims_of(response.get_json()["token"], ring)["access"]
    return [f"{each['type']}:{each['name']}:{','.join(each['actions'])}" for each in access]


def _refused(response: TestResponse, code: Code) -> str:
    """Hold an answer to the row of its code, and return its text."""
    row = TABLE[code]
    assert response.status_code == row.status, response.text
    assert response.content_type == "application/json"
    body = response.get_json()
    assert body.keys() == {"errors", "error", "error_description"}
    (error,) = body["errors"]
    assert error["code"] == row.registry_code
    assert body["error"] == row.oauth_error
    assert body["error_description"] == error["message"]
    assert response.headers["Cache-Control"] == "no-store"
    assert ("WWW-Authenticate" in response.headers) == row.challenge
    return str(error["message"])


@pytest.mark.parametrize(
    "path", [REALM, f"{REALM}/", REALM[5:], REALM[:-5], "/token", "/token/", "/auth/token"]
)
def test_a_password_is_answered_with_a_token(client: FlaskClient, ring: KeyRing, path: str) -> None:
    """At every address; as on GET, and with what RFC 6749 wants beside it."""
    response = client.post(path, data={**ALICE, "service": "registry.example.com", "scope": PULL})
    body = response.get_json()
    assert response.status_code == 200
    assert body.keys() == {"token", "access_token", "expires_in", "token_type", "scope"}
    assert body["token"] == body["access_token"]
    assert (body["expires_in"], body["token_type"], body["scope"]) == (300, "Bearer", PULL)
    assert claims_of(body["token"], ring)["sub"] == "alice"
    assert (response.headers["Cache-Control"], response.headers["Pragma"]) == ("no-store", "no-cache")


def test_the_scope_of_the_answer_is_what_was_granted(client: FlaskClient) -> None:
    """Not what was asked for: merged, sorted, without what no rule allows."""
    asked = "repository:platform/app:push,pull repository:platform/app:delete repository:web/app:pull"
    assert _post(client, {**ALICE, "scope": asked}).get_json()["scope"] == "repository:platform/app:pull,push"
    assert _post(client, {**ALICE, "scope": "repository:web/app:pull"}).get_json()["scope"] == ""
    assert _post(client, ALICE).get_json()["scope"] == ""


@pytest.mark.parametrize(
    ("query", "scopes"),
    [
        ([], ["a b c"]),
        ([], ["a", "b", "c"]),
        ([], ["a  b", "", "c "]),
        (["a"], ["b c"]),
        (["a b", "c"], []),
        (["a", "b"], ["c", "b"]),
    ],
)
def test_scopes_may_be_repeated_and_joined_in_form_and_query(
    client: FlaskClient, ring: KeyRing, query: list[str], scopes: list[str]
) -> None:
    """All spellings of several scopes mean the same, those of the realm's address included."""

    def spell(words: list[str]) -> list[str]:
        each = [
            [f"repository:platform/{name}:pull" if name else "" for name in word.split(" ")] for word in words
        ]
        return [" ".join(names) for names in each]

    response = _post(
        client, {**ALICE, "scope": spell(scopes)}, query_string=MultiDict({"scope": spell(query)})
    )
    assert _scopes(response, ring) == [f"repository:platform/{name}:pull" for name in "abc"]


def test_the_service_may_stand_in_the_query(client: FlaskClient) -> None:
    """As in a registry's realm that has one; it has to agree with the form's."""
    ours, other = {"service": "registry.example.com"}, {"service": "other"}
    assert _post(client, ALICE, query_string=ours).status_code == 200
    assert _post(client, {**ALICE, **ours}, query_string=ours).status_code == 200
    _refused(_post(client, ALICE, query_string=other), Code.UNKNOWN_SERVICE)
    _refused(_post(client, {**ALICE, **ours}, query_string=other), Code.UNKNOWN_SERVICE)


@pytest.mark.parametrize("name", ["grant_type", "username", "password", "refresh_token"])
def test_credentials_in_the_query_are_none(client: FlaskClient, directory: FakeDirectory, name: str) -> None:
    """They would stand in the logs of proxies: they are not read, so that nobody gets used to them."""
    fields = {key: value for key, value in ALICE.items() if key != name}
    response = _post(client, fields, query_string={name: ALICE.get(name, "x")})
    assert response.status_code == (200 if name == "refresh_token" else TABLE[_missing(name)].status)
    assert directory.asked == (["alice"] if name == "refresh_token" else [])


def _missing(name: str) -> Code:
    return Code.MALFORMED_REQUEST if name == "grant_type" else Code.WRONG_CREDENTIALS


@pytest.mark.parametrize(
    "password", ["a:b", "%41", "100%", "a+b", "a&b=c", " a b ", "ß€ü", "a;b", "\t", "«𝄞»"]
)
@pytest.mark.parametrize("encode", [quote, quote_plus])
def test_every_password_arrives_as_it_was_typed(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, password: str, encode: Any
) -> None:
    """By POST and by GET alike."""
    seen: list[str] = []

    def authenticate(password: Secret) -> Refusal:
        seen.append(password.reveal())
        return Refusal(Code.WRONG_CREDENTIALS, "no")

    monkeypatch.setattr(FakeDirectory, "authenticate", lambda *given: authenticate(given[2]))
    form = f"grant_type=password&username=u&password={encode(password, safe='')}"
    client.post(REALM, data=form, content_type=FORM)
    client.get(REALM, headers=_basic(f"u:{password}"))
    assert seen == [password, password]


@given(st.text(st.characters(codec="utf-8"), max_size=40), st.text(st.characters(codec="utf-8"), max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
def test_both_transports_answer_the_same(client: FlaskClient, username: str, password: str) -> None:
    """A name without a colon and any password get the same status by form and by Basic."""
    username = username.replace(":", "")
    by_form = _post(client, {"grant_type": "password", "username": username, "password": password})
    by_basic = client.get(REALM, headers=_basic(f"{username}:{password}"))
    assert by_form.status_code == by_basic.status_code


def test_the_sample_person_with_every_character_logs_in(client: FlaskClient, ring: KeyRing) -> None:
    """`ä`, `:`, `%`, `+`, a blank, `&`, `ß` and `€`."""
    response = _post(client, {"grant_type": "password", "username": "zoë", "password": PASSWORDS["zoë"]})
    assert claims_of(response.get_json()["token"], ring)["sub"] == "zoë"


@pytest.mark.parametrize("fields", [ALICE, {"grant_type": "password"}])
def test_basic_beside_the_form_may_agree(client: FlaskClient, ring: KeyRing, fields: dict[str, str]) -> None:
    """The same login twice, or a form that leaves it to Basic."""
    response = _post(client, fields, headers=_basic("alice:alice-password"))
    assert claims_of(response.get_json()["token"], ring)["sub"] == "alice"


@pytest.mark.parametrize(
    "header",
    [
        _basic("bob:bob-password"),
        _basic("alice:other"),
        _basic(":"),
        {"Authorization": "Basic !"},
        {"Authorization": "Bearer x"},
        {"Authorization": ""},
    ],
)
def test_basic_beside_the_form_may_not_disagree(
    client: FlaskClient, directory: FakeDirectory, header: dict[str, str]
) -> None:
    """Nobody can tell which was meant; the directory is not asked."""
    _refused(_post(client, ALICE, headers=header), Code.MALFORMED_CREDENTIALS)
    assert directory.asked == []


@pytest.mark.parametrize(
    "change",
    [
        {"username": ""},
        {"password": ""},
        {"password": "\0\0"},
        {"username": "\0"},
        {"username": "", "password": ""},
        {"username": "a" * 257},
        {"password": "a" * 1025},
    ],
)
def test_what_is_no_login_does_not_reach_the_directory(
    client: FlaskClient, directory: FakeDirectory, change: dict[str, str]
) -> None:
    """A bind with an empty password would succeed as nobody (RFC 4513 §5.1.2)."""
    text = _refused(_post(client, {**ALICE, **change}), Code.WRONG_CREDENTIALS)
    assert text == "The user name or password is wrong."
    assert directory.asked == []


@pytest.mark.parametrize("missing", ["username", "password"])
def test_half_a_login_is_none(client: FlaskClient, missing: str) -> None:
    """401, never a token for nobody."""
    fields = {key: value for key, value in ALICE.items() if key != missing} | {
        "scope": "repository:base/x:pull"
    }
    _refused(_post(client, fields), Code.WRONG_CREDENTIALS)


def test_a_post_is_never_anonymous(client: FlaskClient) -> None:
    """What anybody may pull, anybody may pull by GET."""
    _refused(
        _post(client, {"grant_type": "password", "scope": "repository:base/x:pull"}), Code.WRONG_CREDENTIALS
    )
    _refused(_post(client, {"scope": "repository:base/x:pull"}), Code.MALFORMED_REQUEST)


@pytest.mark.parametrize(
    ("grant_type", "code"),
    [
        ("", Code.MALFORMED_REQUEST),
        ("client_credentials", Code.UNSUPPORTED_GRANT),
        ("authorization_code", Code.UNSUPPORTED_GRANT),
        ("Password", Code.UNSUPPORTED_GRANT),
        (" password", Code.UNSUPPORTED_GRANT),
        ("refresh_token", Code.INVALID_REFRESH_TOKEN),
    ],
)
def test_other_grants_are_refused(
    client: FlaskClient, directory: FakeDirectory, told: Collector, grant_type: str, code: Code
) -> None:
    """Whatever login comes with them; and that is recorded."""
    _refused(_post(client, {**ALICE, "grant_type": grant_type, "refresh_token": "x"}), code)
    _refused(_post(client, {"grant_type": grant_type}, headers=_basic("alice:alice-password")), code)
    assert directory.asked == []
    assert told.last.outcome == code


def test_a_form_without_a_grant_type_is_malformed(client: FlaskClient) -> None:
    """Also an empty one, which is what a server that cannot read chunks would see."""
    assert "grant_type" in _refused(_post(client, {"username": "alice"}), Code.MALFORMED_REQUEST)
    assert "grant_type" in _refused(_post(client, {}), Code.MALFORMED_REQUEST)


def test_a_realm_may_take_passwords_by_get_alone(ring: KeyRing, directory: FakeDirectory) -> None:
    """404: clients then come again by GET."""
    issuer = make_issuer(make_realm(ring, directory, password_grant=False), Collector())
    directories: dict[str, LdapDirectory] = {"demo": directory}  # type: ignore[dict-item]  # it has the same ping
    client = create(
        Parts(ServerSettings(), 64 * 1024, "demo", {"demo": issuer}, directories, NO_AUDIT)
    ).test_client()
    _refused(_post(client, ALICE), Code.PASSWORD_GRANT_OFF)
    assert directory.asked == []
    _refused(_post(client, {**ALICE, "grant_type": "refresh_token"}), Code.INVALID_REFRESH_TOKEN)
    assert client.get(REALM, headers=_basic("alice:alice-password")).status_code == 200


@pytest.mark.parametrize("content_type", [f"{FORM}; charset=utf-8", f"{FORM};charset=UTF-8", FORM.upper()])
def test_the_type_of_a_form_may_have_a_charset(client: FlaskClient, content_type: str) -> None:
    """containers/image and others send one."""
    body = "&".join(f"{name}={value}" for name, value in ALICE.items())
    assert client.post(REALM, data=body, content_type=content_type).status_code == 200


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", None]
)
def test_any_other_type_is_malformed(
    client: FlaskClient, directory: FakeDirectory, content_type: str | None
) -> None:
    """Even with good credentials in Basic."""
    response = client.post(
        REALM, data=b"{}", content_type=content_type, headers=_basic("alice:alice-password")
    )
    assert FORM in _refused(response, Code.MALFORMED_REQUEST)
    assert directory.asked == []


def test_a_body_over_the_limit_is_too_large(client: FlaskClient, directory: FakeDirectory) -> None:
    """413 in the one shape; just under it is read."""
    padding = "x" * (64 * 1024)
    _refused(_post(client, {**ALICE, "other": padding}), Code.TOO_LARGE)
    assert directory.asked == []
    assert _post(client, {**ALICE, "other": padding[:-200]}).status_code == 200


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({**ALICE, "password": "wrong"}, Code.WRONG_CREDENTIALS),
        ({**ALICE, "username": "nobody"}, Code.WRONG_CREDENTIALS),
        ({**ALICE, "username": "dave", "password": "dave-password"}, Code.ACCOUNT_LOCKED),
        ({**ALICE, "username": "robot$none"}, Code.WRONG_CREDENTIALS),
        ({**ALICE, "service": "other"}, Code.UNKNOWN_SERVICE),
        ({**ALICE, "service": ["registry.example.com", "other"]}, Code.UNKNOWN_SERVICE),
        ({**ALICE, "scope": [PULL] * 101}, Code.TOO_MANY_SCOPES),
        ({**ALICE, "scope": "a" * 1025}, Code.TOO_MANY_SCOPES),
        ({**ALICE, "password": ["a", "b"]}, Code.MALFORMED_REQUEST),
    ],
)
def test_every_refusal_has_what_oauth_wants(client: FlaskClient, fields: dict[str, Any], code: Code) -> None:
    """`error` and `error_description` beside the errors of registries."""
    _refused(_post(client, fields), code)


def test_faults_have_it_too(client: FlaskClient, directory: FakeDirectory) -> None:
    """503 and 500, with the request id in the text."""
    directory.fault = DirectoryUnavailable("ldap1.internal")
    response = _post(client, ALICE)
    assert response.headers["X-Request-Id"] in _refused(response, Code.DIRECTORY_UNAVAILABLE)
    directory.fault = RuntimeError("marked-detail")  # type: ignore[assignment]  # a fault that no port may have
    response = _post(client, ALICE)
    assert response.headers["X-Request-Id"] in _refused(response, Code.INTERNAL)
    assert "marked-detail" not in response.text


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/auth/realms/other/protocol/docker-v2/auth", Code.UNKNOWN_REALM),
        ("/nowhere", Code.NOT_FOUND),
        ("/livez", Code.METHOD_NOT_ALLOWED),
        ("/.well-known/jwks.json", Code.METHOD_NOT_ALLOWED),
    ],
)
def test_the_frameworks_errors_have_it_too(client: FlaskClient, path: str, code: Code) -> None:
    """Whatever is posted where."""
    _refused(client.post(path, data=ALICE), code)


def test_the_client_id_is_recorded(client: FlaskClient, told: Collector) -> None:
    """That of the form, else that of the query; cut off, for nobody has verified it."""
    _post(client, {**ALICE, "client_id": "containerd"}, query_string={"client_id": "other"})
    assert told.last.client.name == "containerd"
    _post(client, ALICE, query_string={"client_id": "c" * 1000})
    assert told.last.client.name == "c" * 256


def test_offline_access_is_not_given(client: FlaskClient) -> None:
    """There are no refresh tokens yet; asking for one does no harm."""
    response = _post(client, {**ALICE, "access_type": "offline"})
    assert response.status_code == 200
    assert "refresh_token" not in response.get_json()


def test_the_limit_of_tokens_limits_answers(client: FlaskClient) -> None:
    """The answer has the token twice and its scopes once: never more than three times the limit."""
    sizes = []
    for count in range(1, 100, 7):
        scopes = [f"repository:platform/{'a' * 60}-{number}:pull,push" for number in range(count)]
        response = _post(client, {**ALICE, "scope": scopes})
        if response.status_code == 200:
            sizes.append(len(response.data))
        else:
            _refused(response, Code.TOKEN_TOO_LARGE)
            break
    else:
        pytest.fail("no token came to the limit")
    assert max(sizes) <= 3 * 7 * 1024
