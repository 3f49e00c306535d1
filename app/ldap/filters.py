"""The parts of search filters (RFC 4515), escaped here and nowhere else; `filter_syntax.py` reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPECIAL = re.compile(r"[\\*()\0]")
ANYTHING = "(objectClass=*)"
NO_ATTRIBUTES = "1.1"
"""Asked for as an attribute, it is none of them (RFC 4511 §4.5.1.8)."""


def escape(value: str) -> str:
    """Escape a value for a filter (RFC 4515 §3)."""
    return _SPECIAL.sub(lambda found: f"\\{ord(found.group()):02x}", value)


def octets(value: bytes) -> str:
    """Escape octets for a filter, each of them."""
    return "".join(f"\\{octet:02x}" for octet in value)


def equals_any(attributes: Iterable[str], value: str) -> str:
    """Match entries of which one of the attributes has the value."""
    return any_of(f"({attribute}={escape(value)})" for attribute in attributes)


def any_of(filters: Iterable[str]) -> str:
    """Match what one of the filters matches."""
    parts = list(filters)
    return parts[0] if len(parts) == 1 else f"(|{''.join(parts)})"
