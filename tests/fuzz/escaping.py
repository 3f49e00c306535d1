"""Filters and DNs: what is escaped means itself, for readers of the tests' own (RFC 4515 §3, RFC 4514 §3)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import atheris

from app import dn
from app.ldap import filter_syntax
from app.ldap.filters import equals_any, escape, octets
from tests.support.ldap3_octets import filter_octets

_HEX = frozenset("0123456789abcdefABCDEF")


def prepare(_: Path) -> Callable[[bytes], None]:
    """Make the check of one value."""

    def check(raw: bytes) -> None:
        data = atheris.FuzzedDataProvider(raw)
        value = data.ConsumeUnicodeNoSurrogates(60)
        assert filter_value(escape(value)) == value.encode()
        assert filter_value(octets(value.encode())) == value.encode()
        assert filter_syntax.encode(equals_any(["cn"], value)).endswith(value.encode())
        if value:
            assert dn_value(dn.escape(value)) == value
            ((_, read),) = dn.parse(f"cn={dn.escape(value)},dc=x").rdns[0]
            assert read == dn.fold(value)
        _any_filter(data.ConsumeUnicodeNoSurrogates(60))

    return check


def _any_filter(text: str) -> None:
    """What is a filter for us is the same octets for ldap3, which takes more."""
    with contextlib.suppress(ValueError):
        ours = filter_syntax.encode(text)
        assert filter_octets(text) == ours, text


def filter_value(text: str) -> bytes:
    """Read a value of a filter: a backslash and two hexadecimal digits are an octet (RFC 4515 §3)."""
    read, at = bytearray(), 0
    while at < len(text):
        if text[at] == "\\":
            digits = text[at + 1 : at + 3]
            assert len(digits) == 2
            assert _HEX.issuperset(digits)
            read.append(int(digits, 16))
            at += 3
        else:
            assert text[at] not in "*()\0"
            read += text[at].encode()
            at += 1
    return bytes(read)


def dn_value(text: str) -> str:
    """Read a value of a DN: a backslash before a special character, or an octet (RFC 4514 §3)."""
    read, at = bytearray(), 0
    assert not text.startswith(("#", " "))
    while at < len(text):
        if text[at] != "\\":
            assert text[at] not in '",+;<>\0'
            read += text[at].encode()
            at += 1
        elif len(text) > at + 2 and _HEX.issuperset(text[at + 1 : at + 3]):
            read.append(int(text[at + 1 : at + 3], 16))
            at += 3
        else:
            assert text[at + 1] in '",+;<>\\ #='
            read += text[at + 1].encode()
            at += 2
    return read.decode()
