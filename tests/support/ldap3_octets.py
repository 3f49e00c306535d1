"""Requests as ldap3 writes them: what ours are held to."""

from __future__ import annotations

from typing import Any

import ldap3
from ldap3.operation.bind import bind_operation
from ldap3.operation.extended import extended_operation
from ldap3.operation.search import compile_filter, parse_filter, search_operation
from ldap3.protocol.convert import build_controls_list
from ldap3.protocol.rfc4511 import LDAPMessage, MessageID, ProtocolOp
from ldap3.utils.asn1 import encode  # type: ignore[attr-defined]  # the stubs lack it

from app.ldap.requests import Query

_SCOPES: Any = {"base": ldap3.BASE, "one": ldap3.LEVEL, "sub": ldap3.SUBTREE}


def filter_octets(text: str) -> bytes:
    """Write a filter."""
    parsed = parse_filter(
        text, schema=None, auto_escape=False, auto_encode=True, validator=None, check_names=False
    )
    return bytes(encode(compile_filter(parsed.elements[0])))


def bind_octets(number: int, name: str, password: bytes, controls: Any) -> bytes:
    """Write a bind."""
    return _message(number, "bindRequest", bind_operation(3, ldap3.SIMPLE, name, password), controls)


def search_octets(number: int, query: Query, controls: Any) -> bytes:
    """Write a search."""
    operation = search_operation(
        query.base,
        query.filter,
        _SCOPES[query.scope],
        ldap3.DEREF_NEVER,
        list(query.attributes),
        query.size_limit,
        0,
        types_only=False,
        auto_escape=False,
        auto_encode=True,
    )
    return _message(number, "searchRequest", operation, controls)


def extended_octets(number: int, name: str) -> bytes:
    """Write an extended request without a value."""
    return _message(number, "extendedReq", extended_operation(name), None)


def _message(number: int, kind: str, request: Any, controls: Any) -> bytes:
    message = LDAPMessage()
    message["messageID"] = MessageID(number)
    message["protocolOp"] = ProtocolOp().setComponentByName(kind, request)
    if controls:
        message["controls"] = build_controls_list(controls)
    return bytes(encode(message))
