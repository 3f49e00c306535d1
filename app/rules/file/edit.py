"""Entries taken out of the text of a rules file; all else stays as it was written, comments included."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TypeAlias

import yaml

from app.configfile.marks import Location

Span: TypeAlias = tuple[int, int]
"""The first character, and the first after."""
_BLANK = re.compile(r"(?:[ \t]*\r?\n)+")
_AFTER_BLANK = re.compile(r"\n[ \t]*\r?\n\Z")
_BYTE_ORDER_MARK = "\ufeff"


def take_out(text: str, locations: Collection[Location]) -> str:
    """Take entries out of a text.

    A comment goes with an entry where it stands within its lines; one above it stays.

    Args:
        text: A rules file that loads.
        locations: The keys and indexes that lead to what goes: to items of lists, or to keys. A list of which
            every item goes, goes with its key.
    """
    mark, text = text[: text.startswith(_BYTE_ORDER_MARK)], text.removeprefix(_BYTE_ORDER_MARK)
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    assert root is not None  # noqa: S101 - it has loaded
    cuts = _Cuts(text, set(locations))
    for start, end in reversed(_joined(cuts.of(root, ()))):
        text = text[:start] + text[end:]
    return mark + text


class _Cuts:
    """What has to be cut out of one text."""

    def __init__(self, text: str, locations: set[Location]) -> None:
        self._text = text
        self._locations = locations

    def of(self, node: yaml.Node, at: Location) -> Iterator[Span]:
        """Yield what has to be cut out of a node."""
        children = _children(node)
        gone = [self._goes(child, (*at, name)) for name, _, child in children]
        spans = [(key.start_mark.index, self._end(child)) for _, key, child in children]
        if isinstance(node, yaml.CollectionNode) and node.flow_style:
            yield from _cut_flow(spans, gone)
        elif isinstance(node, yaml.SequenceNode):
            yield from (self._lines(span) for span, goes in zip(spans, gone, strict=True) if goes)
        else:
            yield from self._cut_pairs(spans, gone)
        for (name, _, child), goes in zip(children, gone, strict=True):
            if not goes:
                yield from self.of(child, (*at, name))

    def _goes(self, node: yaml.Node, at: Location) -> bool:
        """Whether a node goes as a whole."""
        if at in self._locations:
            return True
        children = _children(node) if isinstance(node, yaml.SequenceNode) else []
        return bool(children) and all(self._goes(child, (*at, name)) for name, _, child in children)

    def _cut_pairs(self, spans: Sequence[Span], gone: Sequence[bool]) -> Iterator[Span]:
        """Cut keys of a mapping of which each stands on lines of its own, the first maybe behind a dash."""
        left = len(gone) - gone[::-1].index(False) if False in gone else 0
        for index, (start, _) in enumerate(spans[:left]):
            if gone[index]:
                yield start, spans[index + 1][0]
        if left < len(spans):
            first, _ = self._lines(spans[left])
            _, last = self._lines(spans[-1])
            yield first, last

    def _lines(self, span: Span) -> Span:
        """Return whole lines, of a list item from its dash on; blank ones behind go where some lead it."""
        start, end = span
        before = self._text[:start].rstrip()
        start = self._text.rfind("\n", 0, len(before) - 1 if before.endswith("-") else start) + 1
        line_end = self._text.find("\n", end)
        end = len(self._text) if line_end < 0 else line_end + 1
        blank = _BLANK.match(self._text, end)
        return start, blank.end() if blank and _AFTER_BLANK.search(self._text, 0, start) else end

    def _end(self, node: yaml.Node) -> int:
        """Return where the text of a node ends, without the blank lines and comments behind it."""
        children = _children(node)
        if isinstance(node, yaml.CollectionNode) and children and not node.flow_style:
            return self._end(children[-1][2])
        end = int(node.end_mark.index)
        is_block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
        return len(self._text[:end].rstrip()) if is_block else end


def _children(node: yaml.Node) -> list[tuple[str | int, yaml.Node, yaml.Node]]:
    """Return name, first node and value of whatever a list or a mapping holds."""
    if isinstance(node, yaml.SequenceNode):
        return [(index, item, item) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return [(str(key.value), key, value) for key, value in node.value]
    return []


def _cut_flow(spans: Sequence[Span], gone: Sequence[bool]) -> Iterator[Span]:
    """Cut items of a list or mapping in brackets, each with the comma that parts it from another."""
    left = len(gone) - gone[::-1].index(False) if False in gone else 0
    for index, (start, _) in enumerate(spans[:left]):
        if gone[index]:
            yield start, spans[index + 1][0]
    if 0 < left < len(spans):
        yield spans[left - 1][1], spans[-1][1]


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, those that touch as one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
