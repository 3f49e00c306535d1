"""Parameters of queries and forms."""

from __future__ import annotations

import contextlib
from io import BytesIO
from urllib.parse import quote, quote_plus

import pytest
from flask import Request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.test import EnvironBuilder

from app.errors import Code, Refusal
from app.web import parameters
from app.web.parameters import Parameters

FORM = "application/x-www-form-urlencoded"
TEXT = st.text(st.characters(codec="utf-8"))


def _query(text: str) -> Parameters:
    return parameters.of_query(Request(EnvironBuilder(query_string=text).get_environ()))


def _form(octets: bytes, content_type: str = FORM) -> Parameters | Refusal:
    builder = EnvironBuilder(method="POST", data=octets, content_type=content_type)
    return parameters.of_form(Request(builder.get_environ()))


def _read(octets: bytes) -> Parameters:
    form = _form(octets)
    assert isinstance(form, Parameters)
    return form


def _refused(octets: bytes, content_type: str = FORM) -> str:
    form = _form(octets, content_type)
    assert isinstance(form, Refusal)
    assert form.code is Code.MALFORMED_REQUEST
    assert form.detail == ""
    return form.message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x=a%20b", "a b"),
        ("x=a+b", "a b"),
        ("x=a%2Bb", "a+b"),
        ("x=a%2520b", "a%20b"),
        ("x=a%252Bb", "a%2Bb"),
        ("x=%C3%9F", "ß"),
        ("x=%E2%82%AC", "€"),
        ("x=a=b", "a=b"),
        ("x=a%26b", "a&b"),
        ("x=a;b", "a;b"),
        ("x=%", "%"),
        ("x=%zz", "%zz"),
        ("x=100%", "100%"),
        ("x=", ""),
    ],
)
def test_values_are_decoded_exactly_once(text: str, value: str) -> None:
    """In queries and in forms alike."""
    assert _query(text).all("x") == (value,)
    assert _read(text.encode()).all("x") == (value,)


@given(TEXT)
def test_what_a_client_encodes_is_what_is_read(value: str) -> None:
    """Whether it writes a blank as `+` or as `%20`."""
    for encoded in (quote(value, safe=""), quote_plus(value)):
        assert _query(f"x={encoded}").all("x") == (value,)
        assert _read(f"x={encoded}".encode()).all("x") == (value,)


def test_octets_that_are_no_utf_8_become_a_replacement_in_a_query() -> None:
    """No name that counts has U+FFFD in it, so that they grant nothing."""
    assert _query("scope=repository:a%ff:pull").first("scope") == "repository:a\ufffd:pull"


@pytest.mark.parametrize("octets", [b"x=%ff", b"%ff=x", b"x=%C3", b"x=\xff", b"x=\xc3\x9f", b"\x00\x80"])
def test_octets_that_are_no_utf_8_make_a_form_unreadable(octets: bytes) -> None:
    """A password with a replacement in it would be another one; unencoded octets are in no form."""
    assert "cannot be read" in _refused(octets)


@pytest.mark.parametrize("name", ["scope", "service"])
def test_scopes_and_services_may_be_repeated(name: str) -> None:
    """In their order."""
    assert _read(f"{name}=b&{name}=a&x=1".encode()).all(name) == ("b", "a")
    assert _query(f"{name}=b&{name}=a").all(name) == ("b", "a")


@pytest.mark.parametrize(
    "name", ["grant_type", "username", "password", "refresh_token", "client_id", "access_type", "other", ""]
)
def test_any_other_field_stands_once(name: str) -> None:
    """Nobody can tell which of two passwords was meant (RFC 6749 §3.2)."""
    assert "twice" in _refused(f"{name}=a&{name}=a".encode())


def test_too_many_fields_are_refused() -> None:
    """Rather than counted for long."""
    assert len(_read(b"&".join([b"scope=a"] * 1000)).pairs) == 1000
    assert "cannot be read" in _refused(b"&".join([b"scope=a"] * 1001))


def test_empty_values_are_values() -> None:
    """An empty password is a password, and has to be refused as one."""
    assert _read(b"username=&password=").pairs == [("username", ""), ("password", "")]
    assert _read(b"username&password=x").pairs == [("username", ""), ("password", "x")]
    assert _query("scope=").all("scope") == ("",)
    assert _read(b"").pairs == []


def test_the_first_value_is_the_first() -> None:
    """Empty where there is none."""
    found = _query("client_id=a&client_id=b")
    assert found.first("client_id") == "a"
    assert found.first("account") == ""


@pytest.mark.parametrize(
    "content_type",
    [
        FORM,
        f"{FORM}; charset=utf-8",
        f"{FORM};charset=UTF-8",
        f'{FORM}; charset="utf-8"',
        FORM.upper(),
        f"{FORM}; charset=iso-8859-1",
    ],
)
def test_a_form_is_a_form_with_any_parameters(content_type: str) -> None:
    """The encoding of a form is UTF-8 whatever `charset` says: the type has no such parameter."""
    form = _form(b"x=%C3%9F", content_type)
    assert isinstance(form, Parameters)
    assert form.first("x") == "ß"


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "multipart/form-data; boundary=x", "text/plain"]
)
def test_anything_else_is_no_form(content_type: str) -> None:
    """And is not guessed at."""
    assert FORM in _refused(b"grant_type=password", content_type)


@pytest.mark.parametrize(
    ("length", "refused"), [(98, False), (99, False), (100, True), (101, True), (5000, True)]
)
def test_a_body_in_chunks_that_reaches_the_limit_is_refused(length: int, refused: bool) -> None:
    """The framework would cut it off without a word, and half of a password is another one."""
    builder = EnvironBuilder(method="POST", input_stream=BytesIO(b"x" * length), content_type=FORM)
    environ = builder.get_environ() | {"wsgi.input_terminated": True}
    environ.pop("CONTENT_LENGTH", None)
    request = Request(environ)
    request.max_content_length = 100
    with pytest.raises(RequestEntityTooLarge) if refused else contextlib.nullcontext():
        assert parameters.of_form(request) == Parameters([("x" * length, "")])


@given(st.binary(max_size=200))
def test_a_form_is_read_or_refused(octets: bytes) -> None:
    """Whatever is in it."""
    form = _form(octets)
    assert isinstance(form, Parameters) or form.code is Code.MALFORMED_REQUEST
