"""The octets of a request are those that ldap3 would write."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ldap3.protocol.rfc2696 import paged_search_control

from app.ldap import requests
from app.ldap.oids import DOMAIN_SCOPE_CONTROL, PPOLICY_CONTROL, START_TLS
from app.ldap.requests import Query
from app.protocol.secret import Secret
from tests.support.ldap3_octets import bind_octets, extended_octets, search_octets

NUMBERS = st.one_of(st.integers(1, 70_000), st.integers(1, 2**31 - 1))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=300)
DOMAIN_SCOPE = (DOMAIN_SCOPE_CONTROL, False, None)


@settings(max_examples=40)
@given(NUMBERS, TEXTS, TEXTS)
def test_a_bind(number: int, name: str, password: str) -> None:
    """Names and passwords of any length, with the control for the password policy."""
    ours = requests.bind(name, Secret(password)).message(number)
    assert ours == bind_octets(number, name, password.encode(), [(PPOLICY_CONTROL, False, None)])


@pytest.mark.parametrize(("name", "password"), [("", "x"), ("uid=x", ""), ("uid=x", "\0\0")])
def test_a_bind_that_a_server_takes_for_an_anonymous_one_is_not_made(name: str, password: str) -> None:
    """RFC 4513 §5.1.2: an empty password succeeds for everybody."""
    with pytest.raises(ValueError, match="needs a name and a password"):
        requests.bind(name, Secret(password))


def test_a_bind_by_our_certificate() -> None:
    """SASL EXTERNAL with an empty response, and no name (RFC 4511 §4.2, RFC 4422 appendix A)."""
    written = requests.bind_external().message(1)
    assert written == b"\x30\x18\x02\x01\x01\x60\x13\x02\x01\x03\x04\x00\xa3\x0c\x04\x08EXTERNAL\x04\x00"


def test_nothing_of_a_bind_is_shown() -> None:
    """Its octets hold the password; frames of a traceback may show the values of variables."""
    assert "hunter2" not in repr(requests.bind("uid=x", Secret("hunter2")))


def _query(size: int, scope: str) -> Query:
    text = f"(|{'(member=cn=somebody,ou=people,dc=example,dc=com)' * size}(uid=x))"
    return Query("dc=example,dc=com", scope, text, ("cn", "uid"), size_limit=size)


@pytest.mark.parametrize("number", [1, 127, 128, 2**31 - 1])
@pytest.mark.parametrize("scope", ["base", "one", "sub"])
@pytest.mark.parametrize("size", [0, 2, 5])
def test_a_search(number: int, scope: str, size: int) -> None:
    """With a filter that grows past every form of a length."""
    query = _query(size, scope)
    assert requests.search(query).message(number) == search_octets(number, query, None)


def test_a_search_of_more_than_64_kib() -> None:
    """Its length takes three octets."""
    query = _query(1400, "sub")
    written = requests.search(query).message(7)
    assert len(written) > 2**16
    assert written == search_octets(7, query, None)


@pytest.mark.parametrize("domain_scope", [False, True])
@pytest.mark.parametrize("page", [None, (500, b""), (500, b"where it ended")])
def test_the_controls_of_a_search(domain_scope: bool, page: tuple[int, bytes] | None) -> None:
    """Active Directory's, and those of pages (RFC 2696)."""
    controls: list[Any] = [DOMAIN_SCOPE] if domain_scope else []
    if page is not None:
        controls.append(paged_search_control(criticality=False, size=page[0], cookie=page[1]))
    ours = requests.search(_query(1, "sub"), domain_scope=domain_scope, page=page).message(3)
    assert ours == search_octets(3, _query(1, "sub"), controls)


def test_starting_tls() -> None:
    """An extended request without a value."""
    assert requests.start_tls().message(1) == extended_octets(1, START_TLS)
