"""Credentials as a client presents them: Basic, or the grant of a POST."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Code, Refusal
from app.protocol.credentials import WRONG_CREDENTIALS, Credentials, Grant, check, read_basic, read_grant
from app.protocol.request import RequestLimits
from app.protocol.secret import Secret


def _basic(octets: bytes, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(octets).decode()}"


ALICE = _basic(b"alice:alice-password")
NO_PASSWORD = Secret("")


def _read_header(header: str | None) -> Credentials | Refusal | None:
    presented = read_basic(header)
    if not isinstance(presented, Credentials):
        return presented
    limits = RequestLimits()
    refusal = check(presented, username_length=limits.username_length, password_length=limits.password_length)
    return presented if refusal is None else refusal


def _code(answer: object) -> Code:
    assert isinstance(answer, Refusal)
    return answer.code


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
    assert answer.message == WRONG_CREDENTIALS


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
    ("grant", "code"),
    [
        (Grant("", "alice", Secret("x")), Code.MALFORMED_REQUEST),
        (Grant("client_credentials", "alice", Secret("x")), Code.UNSUPPORTED_GRANT),
        (Grant("PASSWORD", "alice", Secret("x")), Code.UNSUPPORTED_GRANT),
        (Grant("refresh_token", "", NO_PASSWORD), Code.INVALID_REFRESH_TOKEN),
    ],
)
def test_only_a_password_grant_logs_in(grant: Grant, code: Code) -> None:
    """Also where a good header stands beside another grant."""
    basic = Credentials("alice", Secret("x"))
    assert _code(read_grant(grant, None, password_grant=True)) is code
    assert _code(read_grant(grant, basic, password_grant=True)) is code


def test_a_realm_may_take_passwords_by_get_alone() -> None:
    """Clients then come again by GET."""
    grant = Grant("password", "alice", Secret("x"))
    assert _code(read_grant(grant, None, password_grant=False)) is Code.PASSWORD_GRANT_OFF


def test_a_header_beside_the_form_must_agree() -> None:
    """The same login twice is one; two different ones are none; a form without one leaves the header's."""
    grant = Grant("password", "alice", Secret("x"))
    same, other = Credentials("alice", Secret("x")), Credentials("alice", Secret("y"))
    assert read_grant(grant, same, password_grant=True) == same
    assert _code(read_grant(grant, other, password_grant=True)) is Code.MALFORMED_CREDENTIALS
    assert read_grant(Grant("password", "", NO_PASSWORD), other, password_grant=True) == other


def test_a_grant_shows_no_password() -> None:
    """In no representation of it."""
    grant = Grant.of({"grant_type": "password", "username": "alice", "password": "hunter2"})
    assert grant.password.reveal() == "hunter2"
    assert "hunter2" not in repr(grant)


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
