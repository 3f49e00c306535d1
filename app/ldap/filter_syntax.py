"""Reads search filters from their string form (RFC 4515) into the octets to send (RFC 4511 §4.5.1.7)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.ldap import ber
from app.ldap.ber import tlv

_DEEPEST = 50
_SETS = {"&": 0xA0, "|": 0xA1, "!": 0xA2}
_COMPARISONS = {"=": 0xA3, ">=": 0xA5, "<=": 0xA6, "~=": 0xA8}
_SUBSTRINGS, _PRESENT, _EXTENSIBLE = 0xA4, 0x87, 0xA9
_INITIAL, _ANY, _FINAL = 0x80, 0x81, 0x82
_RULE, _TYPE, _VALUE, _DN_ATTRIBUTES = 0x81, 0x82, 0x83, 0x84
_ANY_VALUE = "*"

_DESCRIPTION = r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)(?:;[A-Za-z0-9-]+)*"
_MATCHES = r"(?P<dn>:dn)?(?::(?P<rule>[A-Za-z0-9.-]+))?:="
_ITEM = re.compile(
    rf"\((?P<type>{_DESCRIPTION})?(?:(?P<comparison>=|~=|>=|<=)|{_MATCHES})"
    r"(?P<value>(?:[^\\()\0]|\\[0-9A-Fa-f]{2})*)\)"
)
_ESCAPED = re.compile(rb"\\(..)", re.DOTALL)


def encode(text: str) -> bytes:
    """Return the octets of a filter.

    Raises:
        ValueError: The text is no filter; the message says what is wrong with it.
    """
    octets, end = _filter(text, 0, _DEEPEST)
    if end != len(text):
        raise ValueError("something follows its last bracket")
    return octets


def attributes(text: str) -> Iterator[str]:
    """Return the attributes that a filter names; none for an empty text."""
    return (item["type"] for item in _ITEM.finditer(text) if item["type"])


def _filter(text: str, start: int, depth: int) -> tuple[bytes, int]:
    """Read the filter that begins at a position; return its octets and where it ends."""
    if not depth:
        raise ValueError("it is nested too deeply")
    if text[start : start + 1] != "(":
        raise ValueError(f"'(' is missing at character {start + 1}")
    sign = text[start + 1 : start + 2]
    if sign in _SETS:
        return _set(text, start, depth)
    item = _ITEM.match(text, start)
    if item is None or not (item["type"] or item["rule"]):
        raise ValueError(f"{text[start : start + 40]!r} does not begin with (attribute=value)")
    return (_comparison if item["comparison"] else _extensible)(item), item.end()


def _set(text: str, start: int, depth: int) -> tuple[bytes, int]:
    """Read the filters that `&`, `|` or `!` joins."""
    sign, position = text[start + 1], start + 2
    parts = []
    while text[position : position + 1] == "(":
        part, position = _filter(text, position, depth - 1)
        parts.append(part)
    if text[position : position + 1] != ")":
        raise ValueError(f"')' is missing at character {position + 1}")
    if not parts or (sign == "!" and len(parts) > 1):
        raise ValueError(f"{sign!r} at character {start + 2} has no filter, or too many")
    return tlv(_SETS[sign], *parts), position + 1


def _comparison(item: re.Match[str]) -> bytes:
    attribute, comparison, value = item["type"], item["comparison"], item["value"]
    if comparison != "=" or _ANY_VALUE not in value:
        octets = tlv(ber.OCTET_STRING, _octets(value))
        return tlv(_COMPARISONS[comparison], ber.text(attribute), octets)
    first, *middle, last = value.split(_ANY_VALUE)
    tagged = ((_INITIAL, first), *((_ANY, piece) for piece in middle), (_FINAL, last))
    pieces = [tlv(tag, _octets(piece)) for tag, piece in tagged if piece]
    if not pieces:
        return ber.text(attribute, _PRESENT)
    return tlv(_SUBSTRINGS, ber.text(attribute), tlv(ber.SEQUENCE, *pieces))


def _extensible(item: re.Match[str]) -> bytes:
    named = [ber.text(item[name], tag) for name, tag in (("rule", _RULE), ("type", _TYPE)) if item[name]]
    below = [tlv(_DN_ATTRIBUTES, ber.TRUE)] if item["dn"] else []
    return tlv(_EXTENSIBLE, *named, tlv(_VALUE, _octets(item["value"])), *below)


def _octets(value: str) -> bytes:
    """Return the octets that a value stands for, its escapes undone."""
    if "\\" not in value:
        return value.encode()
    return _ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()), value.encode())
