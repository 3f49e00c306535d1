"""JSON that is safe to show at a terminal: text that a client or a directory chose is shown, never obeyed.

JSON escapes the control characters below U+0020. A terminal obeys more than these: the C1 controls, which
arrive as Latin-1 in a header. Characters that change the direction of text show a line in another order than
it has. All of them are escaped here; names such as zoë stay readable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

_OBEYED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


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
    if text.isascii() and "\x7f" not in text:
        return text
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
