"""JSON that is safe to show at a terminal: text that a client or a directory chose is shown, never obeyed.

JSON escapes the control characters below U+0020. A terminal obeys more than these: the C1 controls, which
arrive as Latin-1 in a header. Characters that change the direction of text show a line in another order than
it has. All of them are escaped here; names such as zoë stay readable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import orjson

_OBEYED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")

_AS_JSON = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def dumps(
    value: object, *, indent: int | None = None, default: Callable[[object], object] | None = None
) -> str:
    """Write a value as JSON.

    Args:
        value: What to write.
        indent: Columns, for people; None is one line without blanks.
        default: Returns something else for a value that JSON has no form for.
    """
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators, default=default)
    return text if text.isascii() and "\x7f" not in text else _safe(text)


def line(value: object, default: Callable[[object], object] | None = None) -> bytes:
    """Write a value as one line of JSON without blanks, in UTF-8 and with its line feed.

    Args:
        value: What to write.
        default: Returns something else for a value that JSON has no form for.
    """
    try:
        octets = orjson.dumps(value, default, _AS_JSON)
    except TypeError:  # half a surrogate pair, or a number over 64 bits
        return dumps(value, default=default).encode() + b"\n"
    if octets.isascii() and b"\x7f" not in octets:
        return octets + b"\n"
    return _safe(octets.decode()).encode() + b"\n"


def _safe(text: str) -> str:
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
