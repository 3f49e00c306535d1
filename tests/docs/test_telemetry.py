"""docs/reference/metrics.md, audit-log.md and log.md, and what the program tells of itself."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from app.telemetry import audit, metrics, request_log
from app.telemetry.record import CandidateDifference, Denial, TokenRecord
from tests.docs.reading import REPOSITORY, blocks, code, reference, tables
from tests.support.records import token_record

_KINDS: dict[type, str] = {Counter: "counter", Gauge: "gauge", Histogram: "histogram"}
_RENDERED = {"event", "level", "logger", "time"}
_LEVELS = {"debug": "debug", "info": "info", "warning": "warning", "error": "error", "exception": "error"}
_OTHERS = {"gunicorn.error"}
"""Loggers of libraries that the reference names."""


def _record(outcome: str) -> TokenRecord:
    """Return a record of which every field holds something."""
    texts = {field.name: "x" for field in fields(TokenRecord) if field.type == "str"}
    lists = {field.name: ("x",) for field in fields(TokenRecord) if str(field.type).startswith("tuple")}
    denial = Denial("id", "web/app", ("push",), "no") if outcome == "denied" else None
    return token_record(**{**texts, **lists, "outcome": outcome, "denial": denial})


def _keys_of_table(page: str, *columns: str) -> list[str]:
    return [key for table in tables(reference(page), *columns) for key in table.codes("key")]


def test_every_metric_stands_in_the_reference() -> None:
    """Every metric is described with its labels, and no other."""
    (table,) = tables(reference("metrics"), "name", "type", "labels", "meaning")
    described = {code(row["name"]): (row["type"], row["labels"]) for row in table.rows}
    declared = {}
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            kind = _KINDS[type(metric)]
            name = metric._name + ("_total" if kind == "counter" else "")
            declared[name] = (kind, ", ".join(f"`{label}`" for label in metric._labelnames))
    assert described == declared


def test_every_label_stands_in_the_reference() -> None:
    """Every label of a metric is described with its values, and no other."""
    (table,) = tables(reference("metrics"), "label", "values")
    declared = {
        label
        for metric in vars(metrics).values()
        if isinstance(metric, MetricWrapperBase)
        for label in metric._labelnames
    }
    assert set(table.codes("label")) == declared


def test_every_key_of_the_audit_line_stands_in_the_reference() -> None:
    """Every key of an audit line is described, and no other."""
    described = _keys_of_table("audit-log", "key", "type", "meaning")
    record = replace(_record("denied"), candidate=CandidateDifference("v2"))
    assert sorted(described) == sorted(json.loads(audit.line(record)))


def test_the_schema_of_the_audit_line_is_the_described_one() -> None:
    """Whoever raises the schema's number rewrites its description."""
    (table,) = tables(reference("audit-log"), "key", "type", "meaning")
    (row,) = (row for row in table.rows if code(row["key"]) == "schema")
    assert code(row["meaning"]) == str(audit.SCHEMA)


def test_the_examples_of_audit_lines_are_audit_lines() -> None:
    """Each example has the keys of a real line of its outcome, in their order."""
    examples = [json.loads(block) for block in blocks(reference("audit-log"), "json")]
    assert examples
    for example in examples:
        assert list(example) == list(json.loads(audit.line(_record(example["outcome"]))))


def test_every_key_of_the_log_line_stands_in_the_reference() -> None:
    """Every key of the line of a token request is described, and no other."""
    described = _keys_of_table("log", "key", "meaning")
    assert sorted(described) == sorted(_RENDERED | request_log.fields(_record("denied")).keys())


def test_the_example_of_a_log_line_is_a_log_line() -> None:
    """The example has the keys of a real line."""
    (example,) = (json.loads(block) for block in blocks(reference("log"), "json"))
    real = request_log.fields(_record("wrong_credentials")).keys() | _RENDERED
    assert example.keys() == real - {"scopes_dropped"}


def test_every_logger_stands_in_the_reference() -> None:
    """Every logger that the code writes to is described, and no other."""
    (table,) = tables(reference("log"), "logger", "writes about")
    assert sorted(table.codes("logger")) == sorted({*map(_logger, _modules())} | _OTHERS)


def test_every_event_stands_in_the_reference() -> None:
    """Every line that the code writes is described with its level and its loggers, and no other."""
    (table,) = tables(reference("log"), "event", "level", "logger", "what to do")
    described = {
        (logger, row["level"], code(row["event"]))
        for row in table.rows
        for logger in re.findall("`([^`]+)`", row["logger"])
    }
    assert described == {line for module in _modules() for line in _lines(module)}


def _modules() -> list[ast.Module]:
    """Return the modules that have a logger, which is called `_log`."""
    texts = (path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "app").rglob("*.py")))
    return [ast.parse(text) for text in texts if "\n_log = " in text]


def _assigned(module: ast.Module) -> dict[str, ast.expr]:
    """Return what the names of a module are assigned, in whatever function."""
    return {
        target.id: node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _logger(module: ast.Module) -> str:
    """Return the name of the logger of a module."""
    made = _assigned(module)["_log"]
    assert isinstance(made, ast.Call)
    return str(ast.literal_eval(made.args[0]))


def _lines(module: ast.Module) -> Iterator[tuple[str, str, str]]:
    """Yield logger, level and event of the lines that a module writes; a name may stand for the event."""
    assigned, logger = _assigned(module), _logger(module)
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("_log"), attr=level), args=[event, *_]):
                event = assigned[event.id] if isinstance(event, ast.Name) else event
                yield logger, _LEVELS[level], ast.literal_eval(event)
