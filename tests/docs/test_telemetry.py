"""docs/reference/metrics.md, audit-log.md and log.md, and what the program tells of itself."""

from __future__ import annotations

import json
from dataclasses import fields, replace

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from app.telemetry import audit, log, metrics
from app.telemetry.record import CandidateDifference, TokenRecord
from tests.docs.reading import blocks, code, reference, tables
from tests.support.records import token_record

_KINDS: dict[type, str] = {Counter: "counter", Gauge: "gauge", Histogram: "histogram"}
_RENDERED = {"event", "level", "logger", "time"}


def _record(outcome: str) -> TokenRecord:
    """Give a record of which every field holds something."""
    texts = {field.name: "x" for field in fields(TokenRecord) if field.type == "str"}
    lists = {field.name: ("x",) for field in fields(TokenRecord) if str(field.type).startswith("tuple")}
    return token_record(**{**texts, **lists, "outcome": outcome})


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
    record = replace(_record("wrong_credentials"), candidate=CandidateDifference("v2"))
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
    assert sorted(described) == sorted(_RENDERED | log._fields(_record("wrong_credentials")).keys())


def test_the_example_of_a_log_line_is_a_log_line() -> None:
    """The example has the keys of a real line."""
    (example,) = (json.loads(block) for block in blocks(reference("log"), "json"))
    real = log._fields(_record("wrong_credentials")).keys() | _RENDERED
    assert example.keys() == real - {"scopes_dropped"}
