"""What a client asks, read from headers and parameters: credentials, service, scopes, limits."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Code, Refusal
from app.protocol import request
from app.protocol.request import Client, Credentials, Limits, RawRequest, TokenRequest
from app.protocol.secret import Secret

LIMITS = Limits()
REGISTRY = "registry.example.com"


def _basic(octets: bytes, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(octets).decode()}"


ALICE = _basic(b"alice:alice-password")


def _read_header(header: str | None, limits: Limits = LIMITS) -> Credentials | Refusal | None:
    return request.read_authorization(header, limits)


def _code(answer: object) -> Code:
    assert isinstance(answer, Refusal)
    return answer.code


def _read(
    *scopes: str, authorization: str | None = ALICE, service: str = REGISTRY, limits: Limits = LIMITS
) -> TokenRequest | Refusal:
    raw = RawRequest(Client("192.0.2.1"), authorization, service, scopes)
    return request.read(raw, (REGISTRY,), limits)


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC", "bAsIc"])
def test_the_schemes_case_makes_no_difference(scheme: str) -> None:
    """RFC 7617: the scheme is compared without regard to case."""
    assert _read_header(_basic(b"alice:x", scheme)) == Credentials("alice", Secret("x"))


@pytest.mark.parametrize(
    ("octets", "username", "password"),
    [
        (b"alice:a:b:c", "alice", "a:b:c"),
        (b"alice::", "alice", ":"),
        ("zoë:pä:ss%w+rd &ß€".encode(), "zoë", "pä:ss%w+rd &ß€"),
        ("zoë:pä".encode("latin-1"), "zoë", "pä"),
        (b"alice: ", "alice", " "),
        (b"alice:%41", "alice", "%41"),
        (b"robot$ci-platform:x", "robot$ci-platform", "x"),
        (b"alice@example.com:x", "alice@example.com", "x"),
        (b"EXAMPLE\\alice:x", "EXAMPLE\\alice", "x"),
    ],
)
def test_basic(octets: bytes, username: str, password: str) -> None:
    """UTF-8, else Latin-1; split at the first colon; nothing of it is decoded again."""
    assert _read_header(_basic(octets)) == Credentials(username, Secret(password))


@pytest.mark.parametrize("header", ["Basic   {}", "  Basic {}  ", "Basic {} "])
def test_blanks_around_are_no_part_of_it(header: str) -> None:
    """White space around scheme and text is not an error."""
    text = base64.b64encode(b"alice:x").decode()
    assert _read_header(header.format(text)) == Credentials("alice", Secret("x"))


def test_no_header_is_nobody() -> None:
    """No credentials at all is an anonymous request."""
    assert _read_header(None) is None


@pytest.mark.parametrize(
    "octets",
    [b":token", b"alice:", b":", b"\0:x", b"alice:\0\0", b"\0\0:\0"],
    ids=["no name", "no password", "neither", "a NUL name", "a NUL password", "NULs"],
)
def test_emptiness_is_refused(octets: bytes) -> None:
    """An empty name or password, or one of NULs alone, never reaches a directory; it reads as a wrong one."""
    answer = _read_header(_basic(octets))
    assert _code(answer) is Code.WRONG_CREDENTIALS
    assert isinstance(answer, Refusal)
    assert answer.message == request.WRONG_CREDENTIALS


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic YWxpY2U6eA",
        "Basic YWxpY2U6eA=",
        "Basic YWxp\nY2U6eA==",
        "Basic YWxp_2U6eA==",
        "Basic é",
        _basic(b"alice"),
        _basic(b""),
        "alice:x",
        base64.b64encode(b"alice:x").decode(),
        "Basic\tYWxpY2U6eA==",
    ],
)
def test_an_unreadable_header_is_refused(header: str) -> None:
    """A header that is there and is no Basic login is an error, never an anonymous request."""
    assert _code(_read_header(header)) is Code.MALFORMED_CREDENTIALS


@pytest.mark.parametrize("joint", [",", ", ", " "])
def test_two_headers_are_refused(joint: str) -> None:
    """A server joins two headers; neither of the two logins counts."""
    both = joint.join([ALICE, _basic(b"bob:bob-password")])
    assert _code(_read_header(both)) is Code.MALFORMED_CREDENTIALS


@pytest.mark.parametrize(
    "header", ["Bearer abc", "bearer eyJh.eyJz.c2ln", "Digest username=alice", "Negotiate YII="]
)
def test_other_schemes_are_no_login(header: str) -> None:
    """A bearer token, like any other scheme, is refused rather than ignored."""
    assert _code(_read_header(header)) is Code.MALFORMED_CREDENTIALS


@pytest.mark.parametrize(
    ("octets", "fits"),
    [
        (b"a" * 256 + b":x", True),
        (b"a" * 257 + b":x", False),
        ("ë".encode() * 128 + b":x", True),
        ("ë".encode() * 128 + b"a:x", False),
        (b"a:" + b"x" * 1024, True),
        (b"a:" + b"x" * 1025, False),
        (b"a:" + "€".encode() * 342, False),
    ],
)
def test_lengths_are_counted_in_octets(octets: bytes, *, fits: bool) -> None:
    """A name has 256 octets at the most, a password 1024; more reads as a wrong password."""
    answer = _read_header(_basic(octets))
    assert isinstance(answer, Credentials) is fits
    assert fits or _code(answer) is Code.WRONG_CREDENTIALS


def test_no_refusal_tells_the_password() -> None:
    """Neither text nor detail of a refusal has anything of what was sent."""
    for octets in (b"alice:" + b"hunter2" * 200, b"hunter2", b"hunter2" * 40 + b":"):
        answer = _read_header(_basic(octets))
        assert isinstance(answer, Refusal)
        assert "hunter2" not in f"{answer}"


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
    assert request.choose_service(asked, services) == chosen


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
    assert _code(request.choose_service(asked, services)) is Code.UNKNOWN_SERVICE


def test_the_log_shows_a_service_that_is_unknown() -> None:
    """What was asked for stands in the private detail, quoted and cut, and not in the message."""
    answer = request.choose_service("evil\n" * 1000, (REGISTRY,))
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
        assert answer.code is Code.MALFORMED_REQUEST
        assert "101" in answer.message
        assert "100" in answer.message


def test_the_length_of_a_scope_is_limited() -> None:
    """A scope has 1024 characters at the most."""
    assert isinstance(_read("x" * 1024), TokenRequest)
    assert _code(_read("x" * 1025)) is Code.MALFORMED_REQUEST


def test_limits_are_settings() -> None:
    """Every limit is the configured one."""
    assert _code(_read("a b c", limits=Limits(scopes=2))) is Code.MALFORMED_REQUEST
    assert _code(_read("abc", limits=Limits(scope_length=2))) is Code.MALFORMED_REQUEST
    assert _code(_read_header(_basic(b"abc:x"), Limits(username_length=2))) is Code.WRONG_CREDENTIALS
    assert _code(_read_header(_basic(b"a:xyz"), Limits(password_length=2))) is Code.WRONG_CREDENTIALS


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8"), min_size=1))
def test_every_name_and_password_arrives_as_typed(username: str, password: str) -> None:
    """Whatever is typed in UTF-8 is read as it is, or refused; it never becomes something else."""
    answer = _read_header(_basic(f"{username}:{password}".encode()))
    if isinstance(answer, Credentials):
        assert f"{answer.username}:{answer.password.reveal()}" == f"{username}:{password}"
        assert ":" not in answer.username


@given(st.text() | st.binary().map(_basic) | st.text().map("Basic {}".format))
def test_any_header_ends_in_credentials_or_a_refusal(header: str) -> None:
    """No header makes anything else happen, and none is taken as no header."""
    assert isinstance(_read_header(header), Credentials | Refusal)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=5), st.text(max_size=20))
def test_any_request_is_read_or_refused(scopes: list[str], service: str) -> None:
    """No parameters make anything else happen."""
    assert isinstance(_read(*scopes, service=service), TokenRequest | Refusal)
