"""The envelope of a request is the one that ldap3 would write."""

from __future__ import annotations

from typing import Any

import ldap3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ldap3.operation.bind import bind_operation
from ldap3.operation.search import search_operation
from ldap3.protocol.convert import build_controls_list
from ldap3.protocol.rfc2696 import paged_search_control
from ldap3.protocol.rfc4511 import LDAPMessage, MessageID, ProtocolOp
from ldap3.utils.asn1 import encode  # type: ignore[attr-defined]  # the stubs lack it

from app.directory import envelope
from app.directory.connection import PPOLICY_CONTROL

NUMBERS = st.one_of(st.integers(1, 70_000), st.integers(1, 2**31 - 1))
PAGED = paged_search_control(criticality=True, size=500, cookie=b"x")
CONTROLS: Any = st.sampled_from([None, [(PPOLICY_CONTROL, False, None)], [PAGED]])


def _as_ldap3(number: int, kind: str, request: Any, controls: Any) -> bytes:
    message = LDAPMessage()
    message["messageID"] = MessageID(number)
    message["protocolOp"] = ProtocolOp().setComponentByName(kind, request)
    if controls:
        message["controls"] = build_controls_list(controls)
    octets: bytes = encode(message)
    return octets


@settings(max_examples=40)
@given(NUMBERS, st.text(min_size=1, max_size=40), st.binary(min_size=1, max_size=300), CONTROLS)
def test_a_bind_is_the_same_octets(number: int, name: str, password: bytes, controls: Any) -> None:
    """Short and long, with and without controls."""
    request = bind_operation(3, ldap3.SIMPLE, name, password)
    assert envelope.message(number, request, controls) == _as_ldap3(number, "bindRequest", request, controls)


def _search(size: int) -> Any:
    text = f"(|{'(member=cn=somebody,ou=people,dc=example,dc=com)' * size}(uid=x))"
    return search_operation(
        "dc=example,dc=com",
        text,
        ldap3.SUBTREE,
        ldap3.DEREF_NEVER,
        ["cn", "uid"],
        2,
        0,
        types_only=False,
        auto_escape=False,
        auto_encode=True,
    )


@pytest.mark.parametrize("number", [1, 127, 128, 2**31 - 1])
@pytest.mark.parametrize("controls", [None, [("1.2.3", False, None)], [("1.2.3", False, None), PAGED]])
@pytest.mark.parametrize("size", [0, 2, 5])
def test_a_search_is_the_same_octets(number: int, size: int, controls: Any) -> None:
    """With a filter that grows past every form of a length."""
    request = _search(size)
    assert envelope.message(number, request, controls) == _as_ldap3(
        number, "searchRequest", request, controls
    )


def test_a_search_of_more_than_64_kib_is_the_same_octets() -> None:
    """Its length takes three octets."""
    request = _search(1400)
    written = envelope.message(7, request, None)
    assert len(written) > 2**16
    assert written == _as_ldap3(7, "searchRequest", request, None)
