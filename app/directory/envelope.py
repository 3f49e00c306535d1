"""The envelope of a request (RFC 4511 §4.1.1), written without the copies that ldap3 makes on the way.

ldap3 wraps each request into further objects, and decodes it again into a dictionary that it keeps: that
costs, and is one more place that holds the password. What goes over the wire is the same.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from ldap3.protocol.convert import build_controls_list
from ldap3.utils.asn1 import encode  # type: ignore[attr-defined]  # the stubs lack it

_SEQUENCE, _INTEGER = 0x30, 0x02
_SHORT_FORM = 0x80


def message(number: int, request: Any, controls: Sequence[Any] | None) -> bytes:
    """Write a message.

    Args:
        number: Its id, from 1.
        request: As ldap3 builds it.
        controls: As ldap3 takes them.
    """
    octets = _tlv(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big")) + encode(request)
    return _tlv(_SEQUENCE, octets + (_controls(controls) if controls else b""))


def _controls(controls: Sequence[Any]) -> bytes:
    if len(controls) == 1 and isinstance(controls[0], tuple):
        return _plain(controls[0])
    return bytes(encode(build_controls_list(list(controls))))


@functools.lru_cache(maxsize=16)
def _plain(control: tuple[str, bool, None]) -> bytes:
    """Write one control without a value: there are two, and each goes with many requests."""
    return bytes(encode(build_controls_list([control])))


def _tlv(tag: int, value: bytes) -> bytes:
    size = len(value)
    if size < _SHORT_FORM:
        return bytes((tag, size)) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _SHORT_FORM | len(length))) + length + value
