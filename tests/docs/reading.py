"""Markdown as these tests read it: tables by heading, blocks of code, links and what they may point at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"
PAGES = (*sorted(REPOSITORY.glob("*.md")), *sorted(DOCS.rglob("*.md")))

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`]+)`")
_CELLS = re.compile(r"(?<!\\)\|")

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """One table: the heading that it stands under, and its rows by the words of its first line."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def codes(self, column: str) -> tuple[str, ...]:
        """Return the first word in code of every cell of a column."""
        return tuple(code(row[column]) for row in self.rows)


def reference(name: str) -> str:
    """Return the text of a page of the reference."""
    return (DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8")


def code(text: str) -> str:
    """Return the first word in code of a text; empty where there is none."""
    found = _CODE.search(text)
    return found.group(1) if found else ""


def tables(text: str, *columns: str) -> tuple[Table, ...]:
    """Return the tables whose first columns are these."""
    return tuple(table for table in _tables(text) if table.columns[: len(columns)] == columns)


def blocks(text: str, language: str) -> tuple[str, ...]:
    """Return the contents of the blocks of code in a language."""
    return tuple(content for name, content in _FENCE.findall(text) if name == language)


def links(text: str) -> tuple[str, ...]:
    """Return the targets of all links that stay within the repository."""
    found = _LINK.findall(_FENCE.sub("", text))
    return tuple(target for target in found if not re.match(r"[a-z]+:", target))


def anchors(text: str) -> frozenset[str]:
    """Return what can be pointed at in a page: its headings, as GitHub and MyST write them."""
    return frozenset(_slug(heading) for heading in _HEADING.findall(_FENCE.sub("", text)))


def _slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _tables(text: str) -> Iterator[Table]:
    heading, lines = "", list[str]()
    for line in [*_FENCE.sub("", text).splitlines(), ""]:
        if line.startswith("|"):
            lines.append(line)
            continue
        if lines:
            first, _, *rest = map(_cells, lines)
            yield Table(heading, first, tuple(dict(zip(first, row, strict=True)) for row in rest))
            lines = []
        if line.startswith("#"):
            heading = line.lstrip("# ")


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in _CELLS.split(line.strip())[1:-1])
