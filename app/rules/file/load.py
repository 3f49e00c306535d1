"""A rules file, or a folder of them, as a rule set: every problem at once, or rules whose own tests pass."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.configfile import yaml
from app.configfile.yaml import Document
from app.errors import ConfigurationError, Problem
from app.rules.file import entries, owner_tests, paths
from app.rules.file.owner_tests import Test
from app.rules.file.paths import FileText
from app.rules.model import RuleSet


@dataclass(frozen=True, slots=True)
class Written:
    """What owners wrote: rules, and the tests of them that have yet to be run.

    Attributes:
        texts: What it was read from.
    """

    rules: RuleSet
    tests: tuple[Test, ...]
    texts: tuple[FileText, ...]

    def tested(self, now: datetime) -> RuleSet:
        """Run the tests, and return the rules.

        Args:
            now: When the tests that say no time of their own take place (aware).

        Raises:
            ConfigurationError: A test fails; carries the problem of each that does.
        """
        if failures := owner_tests.failures(self.rules, self.tests, now):
            raise ConfigurationError(failures)
        return self.rules


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
    """Read the rules of a file, or of all `*.yaml` files of a folder, and run their tests.

    Args:
        path: The file or folder.
        now: When the tests that say no time of their own take place (aware).

    Raises:
        ConfigurationError: Anything is wrong, or a test fails; carries every problem found.
    """
    return written(path).tested(now)


@_no_collection()
def written(path: Path) -> Written:
    """Read the rules of a file or folder, without running their tests.

    Raises:
        ConfigurationError: Anything is wrong; carries every problem found.
    """
    return _compiled(*paths.read(path))


@_no_collection()
def compiled(texts: Sequence[FileText]) -> Written:
    """Read rules from what files said, without running their tests.

    Raises:
        ConfigurationError: Anything is wrong; carries every problem found.
    """
    return _compiled(texts, ())


def _compiled(texts: Sequence[FileText], problems: Sequence[Problem]) -> Written:
    """Read rules from what files said; there are problems where some of the files could not be read."""
    documents: list[Document] = []
    found: list[Problem] = [*problems]
    for each in texts:
        try:
            document, refused = yaml.examine(each.text, each.file)
        except ConfigurationError as error:
            found += error.problems
        else:
            documents.append(document)
            found += refused
    read = entries.read(documents, whole=not found)
    found += read.problems
    if found:
        raise ConfigurationError(found)
    rules = RuleSet(paths.version(texts), read.rules, read.robots, read.contact)
    return Written(rules, read.tests, tuple(texts))
