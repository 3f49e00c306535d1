"""Search filters (RFC 4515) are put together and escaped here alone; `filter_syntax.py` reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPECIAL = re.compile(r"[\\*()\0]")
ANYTHING = "(objectClass=*)"
NO_ATTRIBUTES = "1.1"
"""Requested in place of attributes, it asks for none (RFC 4511 §4.5.1.8)."""


def escape(value: str) -> str:
    """Escape a value for a filter (RFC 4515 §3)."""
    return _SPECIAL.sub(lambda found: f"\\{ord(found.group()):02x}", value)


def octets(value: bytes) -> str:
    """Escape a value that is no text for a filter."""
    return "".join(f"\\{octet:02x}" for octet in value)


def equals_any(attributes: Iterable[str], value: str) -> str:
    """Return a filter that matches entries with this value in one of the attributes."""
    return any_of(f"({attribute}={escape(value)})" for attribute in attributes)


def any_of(filters: Iterable[str]) -> str:
    """Return a filter that matches whatever one of the filters matches."""
    parts = list(filters)
    return parts[0] if len(parts) == 1 else f"(|{''.join(parts)})"
