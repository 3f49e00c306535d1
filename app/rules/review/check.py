"""Whether rules are good: they load, pass their owners' tests, and the lint finds nothing wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.errors import ConfigurationError, Problem
from app.rules.file import load, owner_tests
from app.rules.file.load import Written
from app.rules.file.owner_tests import ExpectationOutcome, Test
from app.rules.review.lint.finding import Finding

DOES_NOT_LOAD = "rules"
"""The name of a remark on what does not load."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that is to be said of a place in a file.

    Attributes:
        name: Of a warning; `DOES_NOT_LOAD` for everything else.
        about: The rule, robot or test; empty where it is none.
        fails: Whether it is an error, which makes the check fail, and no warning.
    """

    name: str
    about: str
    problem: Problem
    fails: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What was found out.

    Attributes:
        path: As it was given.
        written: None where it does not load.
        remarks: On what does not load, and of the lint; in file order.
        outcomes: Of each expectation of each test.
    """

    path: Path
    written: Written | None
    remarks: tuple[Remark, ...]
    outcomes: tuple[ExpectationOutcome, ...]

    @property
    def failures(self) -> tuple[ExpectationOutcome, ...]:
        """The expectations that were not met."""
        return tuple(outcome for outcome in self.outcomes if not outcome.passed)

    @property
    def is_good(self) -> bool:
        """Whether all is well; warnings are."""
        return not self.failures and not any(remark.fails for remark in self.remarks)

    def tests(self) -> Iterator[tuple[Test, list[ExpectationOutcome]]]:
        """Yield each test with the outcomes of its expectations."""
        for test in self.written.tests if self.written is not None else ():
            yield test, [outcome for outcome in self.outcomes if outcome.test is test]


def check(
    path: Path,
    now: datetime,
    lint: Callable[[Written, datetime], tuple[Finding, ...]],
    *,
    ignored: Collection[tuple[str, str]] = (),
    strict: bool = False,
) -> Report:
    """Check the rules of a file or a folder.

    Args:
        path: The file or folder.
        now: When tests that say no time of their own take place (aware), and what has expired by then.
        lint: Looks for what may be wrong with rules that load.
        ignored: Names of warnings that are left out, each with the rule, robot or test that it is about; an
            empty one is any.
        strict: Whether a warning is an error.

    Raises:
        WharfingerError: The lint could not find something out.
    """
    try:
        written = load.written(path)
    except ConfigurationError as error:
        broken = (Remark(DOES_NOT_LOAD, "", problem, fails=True) for problem in error.problems)
        return Report(path, None, tuple(broken), ())
    remarks = tuple(
        _remark(finding, fails=strict)
        for finding in lint(written, now)
        if (finding.name, "") not in ignored and (finding.name, finding.about) not in ignored
    )
    outcomes = tuple(one for test in written.tests for one in owner_tests.run(written.rules, test, now))
    return Report(path, written, remarks, outcomes)


def _remark(finding: Finding, *, fails: bool) -> Remark:
    problem = Problem(finding.position, finding.text, finding.hint)
    return Remark(finding.name, finding.about, problem, fails)
