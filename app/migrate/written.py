"""Values as they stand in a file of YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def in_a_line(value: object) -> str:
    """Write a value as JSON, which is YAML too and leaves no doubt of what is a text.

    But for some characters, which YAML takes for line breaks or not at all, and JSON as they are.
    """
    written = json.dumps(value, ensure_ascii=False)
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def in_lines(section: Mapping[str, object], indent: str = "") -> Iterator[str]:
    """Yield the lines of a mapping: each mapping in it that is not empty in lines of its own."""
    for name, value in section.items():
        key = name if name.isidentifier() else in_a_line(name)
        if isinstance(value, Mapping) and value:
            yield f"{indent}{key}:"
            yield from in_lines(value, indent + "  ")
        else:
            yield f"{indent}{key}: {in_a_line(value)}"


def item(section: Mapping[str, object], indent: str = "  ") -> Iterator[str]:
    """Yield the lines of a mapping that is an item of a list: a line for each of its keys."""
    for at, (name, value) in enumerate(section.items()):
        yield f"{indent}{'  ' if at else '- '}{name}: {in_a_line(value)}"


def from_file(origin: str, product: str) -> str:
    """Return the line that says where a file comes from.

    Args:
        origin: The name of what was read.
        product: The name of the subcommand of `wharfinger rules import`.
    """
    return f"# From {ascii(origin)[1:-1]}, by `wharfinger rules import {product}`."
