"""How `rules check` prints what it found out, in each of its formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

import click

from app.cli.output import counted, plain, show, show_json, workflow_command, wrapped
from app.errors import Position
from app.rules.file.owner_tests import ExpectationOutcome, Test, words
from app.rules.review.check import DOES_NOT_LOAD, Remark, Report

SCHEMA = 1
_ERROR, _WARNING = "error", "warning"


def _text(report: Report) -> None:
    """Print it for somebody at a terminal."""
    for remark in report.remarks:
        name = "" if remark.name == DOES_NOT_LOAD else f" [{remark.name}]"
        problem = remark.problem
        show(*wrapped(f"{problem.position}: {_severity(remark)}: {problem.message}{name}", hanging=4))
    for outcome in report.failures:
        expectation = outcome.expectation
        head = f"{expectation.position}: failed: test {outcome.test.id!r}, {expectation.scope.name}"
        show(*wrapped(head, hanging=4))
        show(f"    expected  {words(expectation.wanted)}", f"    granted   {words(outcome.granted)}")
        for reason in outcome.reasons:
            show(*wrapped(f"    {reason}", hanging=4))
    show(_summary(report))


def _json(report: Report) -> None:
    """Print it for programs (docs/reference/commands.md)."""
    written = report.written
    show_json(
        {
            "schema": SCHEMA,
            "path": str(report.path),
            "ok": report.is_good,
            "version": written.rules.version if written is not None else None,
            "rules": len(written.rules.rules) if written is not None else None,
            "robots": len(written.rules.robots) if written is not None else None,
            "remarks": [_remark(one) for one in report.remarks],
            "tests": [_test(test, outcomes) for test, outcomes in report.tests()],
        }
    )


def _junit(report: Report) -> None:
    """Print it as JUnit XML: one case for the file, one for each warning, one for each test."""
    suite = ET.Element("testsuite", name=plain(f"wharfinger rules check {report.path}"))
    broken = [one for one in report.remarks if one.name == DOES_NOT_LOAD]
    file = plain(str(report.path))
    case = ET.SubElement(suite, "testcase", classname="rules", name="the rules load", file=file)
    for one in broken[:1]:  # a case fails once: GitLab reads no second failure
        _fail(case, plain(one.problem.message), "\n".join(str(each.problem) for each in broken))
    for remark in report.remarks:
        if remark.name == DOES_NOT_LOAD:
            continue
        case = _case(suite, "lint", f"{remark.name}: {remark.about}", remark.problem.position)
        if remark.fails:
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
    click.echo('<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode"))


def _github(report: Report) -> None:
    """Print it as workflow commands, which stand beside the lines of a change on GitHub."""
    for remark in report.remarks:
        click.echo(workflow_command(_severity(remark), remark.name, remark.problem))
    for outcome in report.failures:
        click.echo(workflow_command(_ERROR, "test", outcome.problem()))
    click.echo(plain(_summary(report)))


FORMATS: Mapping[str, Callable[[Report], None]] = {
    "text": _text,
    "json": _json,
    "junit": _junit,
    "github": _github,
}


def _summary(report: Report) -> str:
    """Say it in one line."""
    said = []
    written = report.written
    if written is not None:
        failed = {outcome.test.id for outcome in report.failures}
        tests = len(written.tests)
        said.append(counted(len(written.rules.rules), "rule"))
        if written.rules.robots:
            said.append(counted(len(written.rules.robots), "robot"))
        said.append(f"{tests - len(failed)} of {counted(tests, 'test')} passed" if tests else "no tests")
    errors = sum(remark.fails for remark in report.remarks)
    if errors:
        said.append(counted(errors, _ERROR))
    if written is not None:
        said.append(counted(len(report.remarks) - errors, _WARNING))
    return f"{'Good' if report.is_good else 'Not good'}: {', '.join(said)}"


def _severity(remark: Remark) -> str:
    return _ERROR if remark.fails else _WARNING


def _place(position: Position) -> dict[str, Any]:
    return {"file": position.file, "line": position.line, "column": position.column}


def _remark(remark: Remark) -> dict[str, Any]:
    return {
        "severity": _severity(remark),
        "name": remark.name,
        "about": remark.about,
        **_place(remark.problem.position),
        "text": remark.problem.text,
        "hint": remark.problem.hint,
    }


def _test(test: Test, outcomes: list[ExpectationOutcome]) -> dict[str, Any]:
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
