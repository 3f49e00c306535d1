"""From the events of PyYAML's C parser to data, and to the places where its keys and values stand.

Scalars get the meanings of YAML 1.2's core schema (§10.3.2: `no` and `2026-12-31` are strings, `010` is
ten). Duplicate keys, aliases and tags are problems: they are ways for a reviewed file to mean something
other than it seems to. So is nesting that no such file needs: the parser's own tree builder would overrun
the stack of the process on it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import yaml

from app.configfile.marks import Node, Place, packed, unpacked
from app.errors import ConfigurationError, Position, Problem

_CORE = "tag:yaml.org,2002:"
_MAX_DEPTH = 50
_WORDS: Mapping[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], object]], ...] = (
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+"), lambda text: int(text, 0)),
    (re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"), lambda text: float(text.replace(".", ""))),
)
_NUMBER_BEGINS = frozenset("+-.0123456789")


class TreeBuilder:
    """Turns the parser's events into data, and notes where each value came from.

    Attributes:
        problems: What was met that is refused, though the rest can be read.
        gaps: The places of values that were refused, or of which a part was.
    """

    def __init__(self, text: str, file: str) -> None:
        """Begin.

        Args:
            text: What is parsed.
            file: As problems name it.
        """
        self._loader: Any = yaml.CSafeLoader(text)  # its stubs leave the events bare
        self._next: Callable[[], Any] = self._loader.get_event
        self._file = file
        self.problems: list[Problem] = []
        self.gaps: set[Place] = set()

    def close(self) -> None:
        """Free what the parser holds."""
        self._loader.dispose()

    def document(self) -> tuple[object, Node]:
        """Return the data of the one document, and where they stand.

        Raises:
            yaml.YAMLError: The text is not YAML.
            ConfigurationError: There is no document, or values are nested too deep to read on.
        """
        self._next()  # the start of the stream
        if self._loader.check_event(yaml.StreamEndEvent):
            raise ConfigurationError([Problem(Position(self._file, 1, 1), "the file is empty")])
        self._next()  # the start of the document
        data, places = self._value(self._next(), 0)
        self._next()  # the end of the document
        if not self._loader.check_event(yaml.StreamEndEvent):
            self._report(self._next(), "a second document begins here", "write one file for each")
        return data, places

    def _value(self, event: Any, depth: int) -> tuple[object, Node]:
        """Read a value from its first event on."""
        mark = event.start_mark
        place = packed(mark.line + 1, mark.column + 1)
        if depth > _MAX_DEPTH:
            self._refuse_depth(event)
        kind = type(event)
        if kind is yaml.ScalarEvent and event.tag is None:
            return self._scalar(event), place
        if kind is yaml.AliasEvent:
            self._report(event, "anchors and aliases are not read here", "write the value out")
            return None, place
        if event.tag is not None:
            self._report(
                event,
                f"the tag {event.tag.replace(_CORE, '!!')} is not read here",
                "write the value without a tag",
            )
        if kind is yaml.MappingStartEvent:
            return self._mapping(place, depth + 1)
        if kind is yaml.SequenceStartEvent:
            return self._sequence(place, depth + 1)
        return None, place

    def _sequence(self, place: int, depth: int) -> tuple[list[object], Node]:
        items: list[object] = []
        places: list[Node] = [place]
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            item, where = self._value(event, depth)
            items.append(item)
            places.append(where)
        return items, places

    def _mapping(self, place: int, depth: int) -> tuple[dict[str, object], Node]:
        result: dict[str, object] = {}
        places: list[str | Node] = [place]
        while type(start := self._next()) is not yaml.MappingEndEvent:
            key = self._key(start)
            event = self._next()
            if key is None:
                self.gaps.add(unpacked(place))
                self._skip(event)
            elif key in result:
                line, _ = unpacked(places[places.index(key) + 1])
                self._report(start, f"the key {shown(key)} stands here twice", f"first on line {line}")
                self._skip(event)
            else:
                result[key], where = self._value(event, depth)
                mark = start.start_mark
                places += (key, packed(mark.line + 1, mark.column + 1), where)
        return result, tuple(places)

    def _key(self, event: Any) -> str | None:
        """Read a key as the text that it is written as; None where it is no plain text."""
        if type(event) is yaml.ScalarEvent:
            return sys.intern(event.value)  # the same few words, in rule after rule
        self._report(event, "a key must be plain text", "put quotes around text that begins with {, [ or *")
        self._skip(event)
        return None

    def _skip(self, event: Any) -> None:
        """Read past one value, whose first event it is."""
        depth = 0
        while True:
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH:
                self._refuse_depth(event)
            if not depth:
                return
            event = self._next()

    def _refuse_depth(self, event: Any) -> NoReturn:
        problem = Problem(self._position(event), f"values are nested more than {_MAX_DEPTH} deep")
        raise ConfigurationError([*self.problems, problem])

    def _scalar(self, event: Any) -> object:
        text: str = event.value
        if not event.implicit[0]:
            return text  # in quotes
        return self._number(event) if text[:1] in _NUMBER_BEGINS else _WORDS.get(text, text)

    def _number(self, event: Any) -> object:
        """Read plain text that begins like a number, and may be none."""
        text: str = event.value
        read = next((read for pattern, read in _NUMBERS if pattern.fullmatch(text)), str)
        try:
            return read(text)
        except ValueError:  # more digits than Python reads
            self._report(event, "the number is too long", "put quotes around it if it is text")
            return None

    def _report(self, event: Any, text: str, hint: str) -> None:
        position = self._position(event)
        self.gaps.add((position.line, position.column))
        self.problems.append(Problem(position, text, hint))

    def _position(self, event: Any) -> Position:
        return Position(self._file, event.start_mark.line + 1, event.start_mark.column + 1)


def shown(key: str) -> str:
    """Quote a key for a message, without what follows a colon: that was meant as a value, maybe a secret."""
    return f"'{key.partition(':')[0]}'"
