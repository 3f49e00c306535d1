"""What `rules check` found out, and how each of its formats says it."""

from __future__ import annotations

import enum
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from app.cli.rules.printing import plain, workflow_command
from app.errors import Position, Problem
from app.rules.file.load import Written
from app.rules.file.owner_tests import Outcome, Test, words
from app.rules.review.lint.finding import Finding
from app.telemetry import json_text

SCHEMA = 1
_WIDTH = 80


class Severity(enum.StrEnum):
    """Whether a remark lets the check fail."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that is to be said of a place in a file.

    Attributes:
        name: Of a warning; `rules` for what does not load, `test` for a test that fails.
        about: The rule, robot or test; empty where it is none.
    """

    severity: Severity
    name: str
    about: str
    problem: Problem

    @classmethod
    def of_finding(cls, finding: Finding, *, strict: bool) -> Remark:
        """Make it of a warning."""
        severity = Severity.ERROR if strict else Severity.WARNING
        problem = Problem(finding.position, finding.text, finding.hint)
        return cls(severity, finding.name, finding.about, problem)


@dataclass(frozen=True, slots=True)
class Report:
    """What was found out.

    Attributes:
        path: As it was given.
        written: None where it does not load.
        remarks: Of what does not load, and of the lint; in file order.
        outcomes: Of each expectation of each test.
    """

    path: Path
    written: Written | None
    remarks: tuple[Remark, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The expectations that were not met."""
        return tuple(outcome for outcome in self.outcomes if not outcome.passed)

    @property
    def is_good(self) -> bool:
        """Whether all is well."""
        return not self.failures and all(one.severity is Severity.WARNING for one in self.remarks)

    def tests(self) -> Iterator[tuple[Test, list[Outcome]]]:
        """Give each test with the outcomes of its expectations."""
        for test in self.written.tests if self.written is not None else ():
            yield test, [outcome for outcome in self.outcomes if outcome.test is test]

    def count(self, severity: Severity) -> int:
        """Count the remarks of a kind."""
        return sum(one.severity is severity for one in self.remarks)

    def summary(self) -> str:
        """Say it in one line."""
        said = []
        if self.written is not None:
            failed = {outcome.test.id for outcome in self.failures}
            tests = len(self.written.tests)
            said.append(_counted(len(self.written.rules.rules), "rule"))
            if self.written.rules.robots:
                said.append(_counted(len(self.written.rules.robots), "robot"))
            said.append(f"{tests - len(failed)} of {_counted(tests, 'test')} passed" if tests else "no tests")
        if errors := self.count(Severity.ERROR):
            said.append(_counted(errors, "error"))
        if self.written is not None:
            said.append(_counted(self.count(Severity.WARNING), "warning"))
        return f"{'Good' if self.is_good else 'Not good'}: {', '.join(said)}"


def as_text(report: Report) -> Iterator[str]:
    """Say it to somebody at a terminal."""
    for remark in report.remarks:
        name = f" [{remark.name}]" if remark.name != "rules" else ""
        yield _wrapped(f"{remark.problem.position}: {remark.severity}: {plain(remark.problem.message)}{name}")
    for outcome in report.failures:
        expectation = outcome.expectation
        head = f"{expectation.position}: failed: test {outcome.test.id!r}, {expectation.scope.name}"
        yield _wrapped(head)
        yield f"    expected  {words(expectation.wanted)}"
        yield f"    granted   {words(outcome.granted)}"
        yield from (_wrapped(f"    {reason}") for reason in outcome.reasons)
    yield report.summary()


def as_json(report: Report) -> Iterator[str]:
    """Say it to a program (docs/reference/commands.md)."""
    written = report.written
    shape = {
        "schema": SCHEMA,
        "path": str(report.path),
        "ok": report.is_good,
        "version": written.rules.version if written is not None else None,
        "rules": len(written.rules.rules) if written is not None else None,
        "robots": len(written.rules.robots) if written is not None else None,
        "remarks": [_remark(one) for one in report.remarks],
        "tests": [_test(test, outcomes) for test, outcomes in report.tests()],
    }
    yield json_text.dumps(shape, indent=2)


def as_junit(report: Report) -> Iterator[str]:
    """Say it as JUnit XML: one case for the file, one for each warning, one for each test."""
    suite = ET.Element("testsuite", name=plain(f"wharfinger rules check {report.path}"))
    broken = [one for one in report.remarks if one.name == "rules"]
    file = plain(str(report.path))
    case = ET.SubElement(suite, "testcase", classname="rules", name="the rules load", file=file)
    for one in broken[:1]:  # a case fails once: GitLab reads no second failure
        _fail(case, plain(one.problem.message), "\n".join(str(each.problem) for each in broken))
    for remark in report.remarks:
        if remark.name == "rules":
            continue
        case = _case(suite, "lint", f"{remark.name}: {remark.about}", remark.problem.position)
        if remark.severity is Severity.ERROR:
            _fail(case, plain(remark.problem.message), str(remark.problem))
        else:
            ET.SubElement(case, "system-out").text = plain(str(remark.problem))
    for test, outcomes in report.tests():
        case = _case(suite, "tests", test.id, test.position)
        failed = [outcome.problem() for outcome in outcomes if not outcome.passed]
        if failed:
            _fail(case, plain(failed[0].message), "\n".join(map(str, failed)))
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suites = ET.Element("testsuites")
    suites.append(suite)
    ET.indent(suites)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode")


def as_github(report: Report) -> Iterator[str]:
    """Say it as workflow commands, which stand beside the lines of a change on GitHub."""
    for remark in report.remarks:
        title = "rules" if remark.name == "rules" else remark.name
        yield workflow_command(remark.severity, title, remark.problem)
    for outcome in report.failures:
        yield workflow_command(Severity.ERROR, "test", outcome.problem())
    yield plain(report.summary())


FORMATS: Mapping[str, Callable[[Report], Iterator[str]]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
    "github": as_github,
}


def _wrapped(line: str) -> str:
    """Break a line for a terminal; what is printed into a file is as wide as the narrowest one."""
    width = shutil.get_terminal_size((_WIDTH, 24)).columns if sys.stdout.isatty() else _WIDTH
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(
        plain(line.lstrip()),
        width,
        initial_indent=indent,
        subsequent_indent=indent + "    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _place(position: Position) -> dict[str, Any]:
    return {"file": position.file, "line": position.line, "column": position.column}


def _remark(remark: Remark) -> dict[str, Any]:
    return {
        "severity": remark.severity,
        "name": remark.name,
        "about": remark.about,
        **_place(remark.problem.position),
        "text": remark.problem.text,
        "hint": remark.problem.hint,
    }


def _test(test: Test, outcomes: list[Outcome]) -> dict[str, Any]:
    return {
        "id": test.id,
        **_place(test.position),
        "passed": all(outcome.passed for outcome in outcomes),
        "expectations": [
            {
                "name": outcome.expectation.scope.name,
                **_place(outcome.expectation.position),
                "passed": outcome.passed,
                "expected": sorted(outcome.expectation.wanted),
                "granted": sorted(outcome.granted),
                "reasons": list(outcome.reasons),
            }
            for outcome in outcomes
        ],
    }


def _case(suite: ET.Element, kind: str, name: str, position: Position) -> ET.Element:
    file, line = plain(position.file), str(position.line)
    return ET.SubElement(suite, "testcase", classname=kind, name=plain(name), file=file, line=line)


def _fail(case: ET.Element, message: str, text: str) -> None:
    failure = ET.SubElement(case, "failure", message=message)
    failure.text = "\n".join(map(plain, text.splitlines()))
