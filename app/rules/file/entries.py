"""The entries of parsed documents, each read once: what can be used of them, and every problem."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.configfile import problems
from app.configfile.marks import Location
from app.configfile.yaml import Document
from app.errors import Problem
from app.rules.file.compile import Compiler
from app.rules.file.owner_tests import Test
from app.rules.file.schema import RobotEntry, RuleEntry, RulesFile, TestEntry
from app.rules.model import Robot, Rule

Entry = TypeVar("Entry", bound=BaseModel)
_NAMES = {"rules": "id", "tests": "id", "robots": "name"}
"""By section, the key by which an entry is known."""


@dataclass(frozen=True, slots=True)
class Entries:
    """What the documents hold that can be used, and what is wrong with the rest.

    Attributes:
        contact: Whom people ask about what no rule allows: the only one that the documents name.
    """

    rules: tuple[Rule, ...]
    robots: dict[str, Robot]
    tests: tuple[Test, ...]
    problems: tuple[Problem, ...]
    contact: str = ""


def read(documents: Sequence[Document], *, whole: bool) -> Entries:
    """Read documents.

    Args:
        documents: In the order of their rules.
        whole: Whether these are all documents; else a robot that is in none of them may be elsewhere.
    """
    rules: list[Rule] = []
    robots: dict[str, Robot] = {}
    tests: list[Test] = []
    readers = []
    for document in documents:
        reader = _Reader(document, first_order=len(rules))
        reader.read_frame()
        rules += reader.rules()
        robots |= reader.robots()
        readers.append(reader)
    named = {each.name for document in documents for each in _named(document) if each.section == "robots"}
    for reader in readers:
        tests += reader.tests(robots, named if whole else None)
    found = [problem for reader in readers for problem in reader.problems()]
    contacts = {reader.contact for reader in readers if reader.contact}
    contact = contacts.pop() if len(contacts) == 1 else ""
    return Entries(tuple(rules), robots, tuple(tests), (*found, *_twice(documents)), contact)


class _Reader:
    """Reads one document.

    Rules are compiled as they are read: of a big file the entries alone would take more memory than all else.
    """

    def __init__(self, document: Document, *, first_order: int) -> None:
        self._document = document
        self._compiler = Compiler(document, first_order=first_order)
        self._problems: list[Problem] = []

    def read_frame(self) -> None:
        """Check everything but the entries."""
        data = self._document.data
        if isinstance(data, dict):
            data = data | {section: [] for section in _NAMES if isinstance(data.get(section), list)}
        frame = self._validated(RulesFile, data, ())
        if frame is not None:
            self._compiler.contact = frame.contact

    @property
    def contact(self) -> str:
        """Whom people ask; empty where the document names nobody."""
        return self._compiler.contact

    def rules(self) -> list[Rule]:
        """Read the rules."""
        return [self._compiler.rule(index, entry) for index, entry in self._entries("rules", RuleEntry)]

    def robots(self) -> dict[str, Robot]:
        """Read the robots, by name."""
        found = self._entries("robots", RobotEntry)
        return {entry.name: self._compiler.robot(index, entry) for index, entry in found}

    def tests(self, robots: dict[str, Robot], named: set[str] | None) -> Iterator[Test]:
        """Read the tests; `Compiler.test` has the arguments."""
        for index, entry in self._entries("tests", TestEntry):
            test = self._compiler.test(index, entry, robots, named)
            if test is not None:
                yield test

    def problems(self) -> list[Problem]:
        """Return what was wrong with all that was read, but for what follows from what could not be."""
        found = (*self._problems, *self._compiler.problems)
        return [problem for problem in found if not self._document.is_gap(problem.position)]

    def _entries(self, section: str, model: type[Entry]) -> Iterator[tuple[int, Entry]]:
        for index, item in enumerate(_listed(self._document, section)):
            entry = self._validated(model, item, (section, index))
            if entry is not None:
                yield index, entry

    def _validated(self, model: type[Entry], data: object, at: Location) -> Entry | None:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            self._problems += problems.describe(error, self._document, RulesFile, below=at)
            return None


@dataclass(frozen=True, slots=True)
class _Named:
    """An entry that says what it is called, whatever else is wrong with it."""

    document: Document
    section: str
    index: int
    name: str


def _named(document: Document) -> Iterator[_Named]:
    for section, key in _NAMES.items():
        for index, item in enumerate(_listed(document, section)):
            if isinstance(item, dict) and isinstance(name := item.get(key), str):
                yield _Named(document, section, index, name)


def _listed(document: Document, section: str) -> list[Any]:
    listed = document.data.get(section) if isinstance(document.data, dict) else None
    return listed if isinstance(listed, list) else []


def _twice(documents: Iterable[Document]) -> Iterator[Problem]:
    """Report ids of rules and tests, and names of robots, that stand more than once in all documents."""
    first: dict[tuple[str, str], _Named] = {}
    for document in documents:
        for each in _named(document):
            earlier = first.setdefault((each.section, each.name), each)
            if earlier is not each:
                key = _NAMES[each.section]
                place = earlier.document.position((earlier.section, earlier.index, key))
                text = f"the {key} {each.name!r} stands twice in {each.section}"
                hint = f"first at {place.file}:{place.line}"
                yield document.problem((each.section, each.index, key), text, hint)
