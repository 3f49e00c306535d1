"""docs/reference/errors.md, and the tables and texts of the code."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from typing import Any

import app
from app.errors import (
    AuditUnavailable,
    Code,
    DirectoryMisconfigured,
    DirectoryUnavailable,
    StateUnavailable,
    WharfingerError,
)
from app.web.errors import TABLE, Row
from tests.docs.reading import REPOSITORY, blocks, code, reference, tables

_ERRORS = (
    WharfingerError,
    DirectoryUnavailable,
    DirectoryMisconfigured,
    StateUnavailable,
    AuditUnavailable,
)


def _also(row: Row) -> str:
    """Write what comes with an answer as the reference does."""
    return "login" if row.challenge else "later" if row.retry else ""


def _documented() -> list[tuple[str, str]]:
    """Return every text of the reference with its outcome."""
    (table,) = tables(reference("errors"), "outcome", "message")
    return [(code(row["outcome"]), row["message"]) for row in table.rows]


def _text(node: ast.expr) -> str:
    """Return a text of the code as the reference writes it; empty where it is none."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join("…" if isinstance(value, ast.FormattedValue) else _text(value) for value in values)
    return ""


def _trees() -> Iterator[ast.AST]:
    for path in sorted((REPOSITORY / app.__name__).rglob("*.py")):
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def _refusals() -> Iterator[tuple[str, str]]:
    """Return the outcome and the text of every refusal that the code writes out where it makes it."""
    for node in _trees():
        match node:
            case ast.Call(func=ast.Name(id="Refusal"), args=[ast.Attribute(attr=name), message, *_]):
                if text := _text(message):
                    yield Code[name].value, text


def test_every_error_stands_in_the_reference() -> None:
    """Every code is described with its status, both of its names and what comes with it."""
    (table,) = tables(reference("errors"), "outcome", "status", "code", "error", "also", "when")
    described = {
        code(row["outcome"]): (row["status"], code(row["code"]), code(row["error"]), row["also"])
        for row in table.rows
    }
    declared = {
        each.value: (str(row.status), row.registry_code, row.oauth_error, _also(row))
        for each, row in TABLE.items()
    }
    assert described == declared
    assert described.keys() == set(Code)


def test_every_error_has_its_texts_in_the_reference() -> None:
    """What the code writes out, and what its exceptions say, stands there under its outcome."""
    said = {*_refusals(), *((error.code.value, error.message) for error in _ERRORS)}
    assert said <= set(_documented())
    assert {outcome for outcome, _ in _documented()} == set(Code)


def test_every_text_of_the_reference_is_one_of_the_code() -> None:
    """Nothing is described that nobody ever reads."""
    texts = {_text(node) for node in _trees() if isinstance(node, ast.expr)}
    assert {message for _, message in _documented()} <= texts


def test_the_examples_have_the_shape() -> None:
    """One of a GET and one of a POST."""
    get, post = (json.loads(block) for block in blocks(reference("errors"), "json"))
    shared: dict[str, Any] = {key: value for key, value in post.items() if key == "errors"}
    assert shared == get
    assert post.keys() - get.keys() == {"error", "error_description"}
    assert post["error_description"] == get["errors"][0]["message"]
    assert post["error"] == TABLE[Code.WRONG_CREDENTIALS].oauth_error
