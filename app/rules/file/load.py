"""A rules file, or a folder of them, as a rule set: every problem at once, or rules whose own tests pass."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from app.configfile import problems, yaml
from app.configfile.yaml import Document
from app.errors import ConfigurationError, Problem
from app.rules.file import owner_tests
from app.rules.file.compile import Compiler
from app.rules.file.owner_tests import Test
from app.rules.file.schema import RobotEntry, RuleEntry, RulesFile, TestEntry
from app.rules.model import Robot, Rule, RuleSet

Entry = TypeVar("Entry", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class _Entries:
    """The entries of one document that are of the right shape; robots and tests each with their index.

    Rules are compiled as they are read: of a big file the entries alone would take more memory than all else.
    """

    compiler: Compiler
    rules: tuple[Rule, ...]
    robots: tuple[tuple[int, RobotEntry], ...]
    tests: tuple[tuple[int, TestEntry], ...]


@dataclass(frozen=True, slots=True)
class Written:
    """What the owners of a file or folder wrote: the rules, and the tests of them that have yet to be run.

    Attributes:
        files: The paths of what was read.
    """

    rules: RuleSet
    tests: tuple[Test, ...]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A file of rules: where it was read, and what it said."""

    file: str
    text: str


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Keep Python from looking for garbage among a million new objects, again and again: there is none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.freeze()
            gc.unfreeze()  # now all are old, without a look at each of them on the way there
            gc.enable()


def load(path: Path, now: datetime) -> RuleSet:
    """Read, compile and test the rules of a file, or of all `*.yaml` files of a folder; see `read`."""
    return read(path, now)[0]


@_no_collection()
def read(path: Path, now: datetime) -> tuple[RuleSet, tuple[Source, ...]]:
    """Read, compile and test rules, and give what was read beside them.

    Args:
        path: The file or folder.
        now: When the tests that say no time of their own take place (aware).

    Raises:
        ConfigurationError: Anything is wrong, or a test fails; carries every problem found.
    """
    documents, found = _documents(path)
    rules, more = build(documents, _version(documents), now, whole=not found)
    if found or more or rules is None:
        raise ConfigurationError([*found, *more])
    return rules, tuple(Source(document.file, document.text) for document in documents)


@_no_collection()
def restore(sources: Iterable[Source]) -> RuleSet:
    """Compile what was once accepted, without its tests: the date of one may have passed since.

    Raises:
        ConfigurationError: It cannot be used after all.
    """
    documents = [yaml.parse(source.text, source.file) for source in sources]
    rules, found = build(documents, _version(documents), None)
    if rules is None:
        raise ConfigurationError(found)
    return rules


@_no_collection()
def written(path: Path) -> Written:
    """Read and compile the rules of a file or folder, without running their tests.

    Raises:
        ConfigurationError: Anything is wrong; carries every problem found.
    """
    documents, found = _documents(path)
    rules, more = assemble(documents, _version(documents), whole=not found)
    if found or rules is None:
        raise ConfigurationError([*found, *more])
    return rules


def build(
    documents: Sequence[Document], version: str, now: datetime | None, *, whole: bool = True
) -> tuple[RuleSet | None, tuple[Problem, ...]]:
    """Compile parsed documents and run their tests; rules only where there is no problem.

    Args:
        documents: In the order of their rules.
        version: The hash of their content.
        now: When the tests that say no time of their own take place (aware); None runs no tests.
        whole: Whether these are all documents; else what is in none of them may be elsewhere, and no test is
            run.
    """
    compiled, found = assemble(documents, version, whole=whole)
    if compiled is None or not whole:
        return None, found
    failures = owner_tests.failures(compiled.rules, compiled.tests, now) if now is not None else ()
    return (None if failures else compiled.rules), failures


def assemble(
    documents: Sequence[Document], version: str, *, whole: bool = True
) -> tuple[Written | None, tuple[Problem, ...]]:
    """Compile parsed documents; gives rules and tests only where there is no problem."""
    found: list[Problem] = []
    rules: list[Rule] = []
    robots: dict[str, Robot] = {}
    tests: list[Test | None] = []
    read: list[_Entries] = []
    for document in documents:
        entries = _read(document, len(rules), found)
        rules += entries.rules
        robots |= {entry.name: entries.compiler.robot(index, entry) for index, entry in entries.robots}
        read.append(entries)
    every = [(document, *each) for document in documents for each in _named(document)]
    named = {name for _, section, _, _, name in every if section == "robots"} if whole else None
    for entries in read:
        tests += [entries.compiler.test(index, entry, robots, named) for index, entry in entries.tests]
        found += entries.compiler.problems
    found += _twice(every)
    if found:
        return None, tuple(found)
    rule_set = RuleSet(version, tuple(rules), robots)
    listed = tuple(document.file for document in documents)
    return Written(rule_set, tuple(test for test in tests if test is not None), listed), ()


def _named(document: Document) -> Iterator[tuple[str, str, int, str]]:
    """Give section, key, index and name of whatever has one, whatever else is wrong with it."""
    data = document.data if isinstance(document.data, dict) else {}
    for section, key in (("rules", "id"), ("tests", "id"), ("robots", "name")):
        listed = data.get(section)
        for index, item in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(item, dict) and isinstance(name := item.get(key), str):
                yield section, key, index, name


def _read(document: Document, first_order: int, found: list[Problem]) -> _Entries:
    """Read the entries of a document; where some are wrong, the others, so that those are checked further."""
    try:
        return _read_sound(document, Compiler(document, first_order=first_order))
    except ValidationError:
        compiler = Compiler(document, first_order=first_order)
    try:
        RulesFile.model_validate(document.data)
    except ValidationError as error:  # now of the whole file, in its order
        found.extend(problems.describe(error, document, RulesFile))
    return _Entries(
        compiler,
        tuple(compiler.rule(index, entry) for index, entry in _sound(document, "rules", RuleEntry)),
        tuple(_sound(document, "robots", RobotEntry)),
        tuple(_sound(document, "tests", TestEntry)),
    )


def _read_sound(document: Document, compiler: Compiler) -> _Entries:
    """Read the entries of a document that has none but right ones.

    Raises:
        ValidationError: One is wrong.
    """
    rules: list[Rule] = []
    rest = document.data
    if isinstance(rest, dict) and isinstance(listed := rest.get("rules"), list):
        rest = {**rest, "rules": []}
        for index, item in enumerate(listed):
            rules.append(compiler.rule(index, RuleEntry.model_validate(item)))
    file = RulesFile.model_validate(rest)
    return _Entries(
        compiler,
        tuple(rules),
        tuple(enumerate(file.robots)),
        tuple(enumerate(file.tests)),
    )


def _sound(document: Document, section: str, model: type[Entry]) -> Iterator[tuple[int, Entry]]:
    listed = document.data.get(section) if isinstance(document.data, dict) else None
    for index, item in enumerate(listed if isinstance(listed, list) else ()):
        with contextlib.suppress(ValidationError):  # it was reported with the whole file
            yield index, model.model_validate(item)


def _twice(every: Iterable[tuple[Document, str, str, int, str]]) -> list[Problem]:
    """Report ids of rules and tests, and names of robots, that stand more than once in all the files."""
    found = []
    first: dict[tuple[str, str], tuple[Document, int]] = {}
    for document, section, key, index, name in every:
        earlier, at = first.setdefault((section, name), (document, index))
        if earlier is not document or at != index:
            first_line = earlier.position((section, at, key)).line
            text = f"the {key} {name!r} stands twice in {section}"
            hint = f"first at {earlier.file}:{first_line}"
            found.append(document.problem((section, index, key), text, hint))
    return found


def _documents(path: Path) -> tuple[list[Document], list[Problem]]:
    """Parse every file; gives those that are YAML, and what is wrong with the others."""
    documents: list[Document] = []
    found: list[Problem] = []
    for file in files(path):
        try:
            documents.append(yaml.read(file))
        except ConfigurationError as error:
            found.extend(error.problems)
    return documents, found


def files(path: Path) -> tuple[Path, ...]:
    """Give a file, or those of a folder; hidden ones are an editor's or a mount's own.

    Raises:
        ConfigurationError: The folder cannot be read, has none, or has one that would be passed over.
    """
    try:
        if not path.is_dir():
            return (path,)
        found = sorted(file for file in path.iterdir() if not file.name.startswith("."))
    except OSError as error:
        raise ConfigurationError([Problem.of_file(path, f"cannot be read: {error.strerror}")]) from error
    passed_over = [
        file for file in found if file.suffix.lower() in (".yaml", ".yml") and file.suffix != ".yaml"
    ]
    if passed_over:
        hint = "of a folder only *.yaml is: rename it"
        raise ConfigurationError([Problem.of_file(file, "is not read", hint) for file in passed_over])
    rules = tuple(file for file in found if file.suffix == ".yaml")
    if not rules:
        raise ConfigurationError([Problem.of_file(path, "the folder has no *.yaml file")])
    for file in rules:
        check_regular(file)
    return rules


def check_regular(path: Path) -> None:
    """Check that something is no pipe and no device: one of these may give nothing, for ever, or no end.

    Raises:
        ConfigurationError: It is one.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return  # who reads it says so
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise ConfigurationError([Problem.of_file(path, "is no regular file")])


def _version(documents: Iterable[Document]) -> str:
    """Hash the names and the content of the files: 16 hexadecimal digits of SHA-256."""
    lines = "".join(f"{document.digest}  {Path(document.file).name}\n" for document in documents)
    return hashlib.sha256(lines.encode()).hexdigest()[:16]
