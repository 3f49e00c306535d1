"""What a client asks: credentials, service and scopes together, and the limits."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Code, Refusal
from app.protocol import request
from app.protocol.credentials import Credentials, Grant
from app.protocol.request import RawRequest, RequestLimits, Terms, TokenRequest
from app.protocol.secret import Secret
from tests.support.records import client

LIMITS = RequestLimits()
REGISTRY = "registry.example.com"


def _basic(octets: bytes, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(octets).decode()}"


ALICE = _basic(b"alice:alice-password")


def _code(answer: object) -> Code:
    assert isinstance(answer, Refusal)
    return answer.code


def _read(
    *scopes: str,
    authorization: str | None = ALICE,
    service: str = REGISTRY,
    limits: RequestLimits = LIMITS,
    grant: Grant | Refusal | None = None,
) -> TokenRequest | Refusal:
    raw = RawRequest(client(), authorization, (service,), scopes, grant)
    return request.read(raw, Terms((REGISTRY,), password_grant=True, limits=limits))


@pytest.mark.parametrize(
    ("asked", "services", "chosen"),
    [
        (REGISTRY, (REGISTRY,), REGISTRY),
        ("", (REGISTRY,), REGISTRY),
        (REGISTRY, ("other", REGISTRY), REGISTRY),
        ("Docker Registry: 5000", ("Docker Registry: 5000",), "Docker Registry: 5000"),
        ("registry.example.com:5000", (REGISTRY, "registry.example.com:5000"), "registry.example.com:5000"),
    ],
)
def test_the_service(asked: str, services: tuple[str, ...], chosen: str) -> None:
    """A service is named exactly, or left out where there is only one."""
    assert request.choose_service((asked,), services) == chosen


@pytest.mark.parametrize(
    ("asked", "services"),
    [
        ("", (REGISTRY, "other")),
        ("nope", (REGISTRY,)),
        ("Registry.example.com", (REGISTRY,)),
        (REGISTRY + " ", (REGISTRY,)),
        (REGISTRY + "/", (REGISTRY,)),
    ],
)
def test_no_such_service(asked: str, services: tuple[str, ...]) -> None:
    """Services are compared exactly; one that is not known, or not clear, is refused."""
    assert _code(request.choose_service((asked,), services)) is Code.UNKNOWN_SERVICE


def test_the_log_shows_a_service_that_is_unknown() -> None:
    """What was asked for stands in the private detail, quoted and cut, and not in the message."""
    answer = request.choose_service(("evil\n" * 1000,), (REGISTRY,))
    assert isinstance(answer, Refusal)
    assert "evil" not in answer.message
    assert "\n" not in answer.detail
    assert len(answer.detail) < 400


def test_a_request() -> None:
    """Credentials, service and scopes are read together; malformed scopes are dropped."""
    answer = _read("repository:a:pull repository:B:pull", "repository:a:push")
    assert isinstance(answer, TokenRequest)
    assert answer.credentials == Credentials("alice", Secret("alice-password"))
    assert answer.service == REGISTRY
    assert list(map(str, answer.scopes)) == ["repository:a:pull,push"]
    assert answer.dropped == ("repository:B:pull",)


@pytest.mark.parametrize("scopes", [(), ("",), ("   ",)])
def test_a_login_asks_for_nothing(scopes: tuple[str, ...]) -> None:
    """Good credentials without a scope are a login."""
    answer = _read(*scopes)
    assert isinstance(answer, TokenRequest)
    assert answer.scopes == ()


@pytest.mark.parametrize("scopes", [(), ("",)])
def test_a_login_needs_credentials(scopes: tuple[str, ...]) -> None:
    """Neither scope nor credentials: the client is asked to log in."""
    assert _code(_read(*scopes, authorization=None)) is Code.CREDENTIALS_REQUIRED


@pytest.mark.parametrize("asked", ["repository:base/a:pull", "nonsense"])
def test_an_anonymous_request(asked: str) -> None:
    """A scope without credentials is an anonymous request, whatever the scope is worth."""
    answer = _read(asked, authorization=None)
    assert isinstance(answer, TokenRequest)
    assert answer.credentials is None


@pytest.mark.parametrize("header", ["", "Bearer x", "Basic !", _basic(b":token"), f"{ALICE},{ALICE}"])
def test_what_looks_like_a_credential_is_never_anonymous(header: str) -> None:
    """A header that cannot be used makes a refusal even where anonymous people may pull."""
    assert isinstance(_read("repository:base/a:pull", authorization=header), Refusal)


def test_the_number_of_scopes_is_limited() -> None:
    """A hundred scopes are taken; one more is refused with both numbers, however they are joined."""
    words = [f"repository:a{number}:pull" for number in range(101)]
    assert isinstance(_read(*words[:100]), TokenRequest)
    for parameters in (words, [" ".join(words)]):
        answer = _read(*parameters)
        assert isinstance(answer, Refusal)
        assert answer.code is Code.TOO_MANY_SCOPES
        assert "101" in answer.message
        assert "100" in answer.message


def test_the_length_of_a_scope_is_limited() -> None:
    """A scope has 1024 characters at the most."""
    assert isinstance(_read("x" * 1024), TokenRequest)
    assert _code(_read("x" * 1025)) is Code.TOO_MANY_SCOPES


def test_limits_are_settings() -> None:
    """Every limit is the configured one."""
    assert _code(_read("a b c", limits=RequestLimits(scopes=2))) is Code.TOO_MANY_SCOPES
    assert _code(_read("abc", limits=RequestLimits(scope_length=2))) is Code.TOO_MANY_SCOPES
    name, password = RequestLimits(username_length=2), RequestLimits(password_length=2)
    assert _code(_read(authorization=_basic(b"abc:x"), limits=name)) is Code.WRONG_CREDENTIALS
    assert _code(_read(authorization=_basic(b"a:xyz"), limits=password)) is Code.WRONG_CREDENTIALS


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=5), st.text(max_size=20))
def test_any_request_is_read_or_refused(scopes: list[str], service: str) -> None:
    """No parameters make anything else happen."""
    assert isinstance(_read(*scopes, service=service), TokenRequest | Refusal)


def test_a_grant_is_read_like_a_header() -> None:
    """The login of a POST is checked by the same rules."""
    answer = _read(authorization=None, grant=Grant("password", "bob", Secret("x")))
    assert isinstance(answer, TokenRequest)
    assert answer.credentials == Credentials("bob", Secret("x"))
    empty = Grant("password", "bob", Secret(""))
    assert _code(_read("repository:a:pull", authorization=None, grant=empty)) is Code.WRONG_CREDENTIALS


def test_a_form_that_cannot_be_read_is_never_anonymous() -> None:
    """Nor does the header beside it count."""
    refusal = Refusal(Code.MALFORMED_REQUEST, "unreadable")
    assert _read("repository:a:pull", grant=refusal) == refusal
    assert _read("repository:a:pull", authorization=None, grant=refusal) == refusal


def test_two_services_are_none() -> None:
    """The query of a realm's URL and the form may name the same service, not two."""
    assert request.choose_service((REGISTRY, REGISTRY, ""), (REGISTRY, "other")) == REGISTRY
    assert _code(request.choose_service((REGISTRY, "other"), (REGISTRY, "other"))) is Code.UNKNOWN_SERVICE
