"""LDIF (RFC 2849) for what directories are filled with."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TypeAlias

Value: TypeAlias = str | bytes


def entry(dn: str, **attributes: Value | Sequence[str]) -> str:
    """Return an entry; a sequence is an attribute with several values."""
    lines = [_line("dn", dn)]
    for name, values in attributes.items():
        each = [values] if isinstance(values, str | bytes) else values
        lines += [_line(name, value) for value in each]
    return "\n".join(lines) + "\n\n"


def replacement(dn: str, **attributes: Value) -> str:
    """Return a change of an entry: each attribute gets this one value."""
    lines = [_line("dn", dn), "changetype: modify"]
    for name, value in attributes.items():
        lines += [f"replace: {name}", _line(name, value), "-"]
    return "\n".join(lines) + "\n\n"


def _line(name: str, value: Value) -> str:
    octets = value.encode() if isinstance(value, str) else value
    if octets.isalnum() and octets.isascii():
        return f"{name}: {octets.decode()}"
    return f"{name}:: {base64.b64encode(octets).decode()}"
