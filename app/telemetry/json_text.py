"""JSON that a terminal may show: what a client or a directory chose moves no cursor and hides no text.

JSON itself escapes line ends and whatever else is below a blank. A terminal obeys more than these (the C1
controls, which arrive as Latin-1 in a header), and letters that run from right to left show a line in
another order than it has. Names such as zoë stay readable.
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
        indent: Columns, for people; one line without blanks where not given.
        default: Gives something else for what JSON has no form for.
    """
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators, default=default)
    if text.isascii() and "\x7f" not in text:
        return text
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
