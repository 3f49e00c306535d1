"""The description of the endpoints, and the endpoints."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient

import app
from app.errors import Code
from app.web.errors import TABLE
from app.web.openapi import DOCUMENT

Node = dict[str, Any]
DESCRIPTION: Node = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
_METHODS = {"get", "post", "put", "delete", "patch", "options", "head"}


def _resolve(node: Node) -> Node:
    """Follow a reference within the document."""
    while "$ref" in node:
        target: Any = DESCRIPTION
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def _operations() -> list[Node]:
    items = [_resolve(item) for item in DESCRIPTION["paths"].values()]
    return [item[method] for item in items for method in _METHODS & item.keys()]


def _answers() -> list[tuple[int, bool, Node]]:
    """Return every answer that an operation may give: its status, whether it answers a POST, and itself."""
    return [
        (int(status), "requestBody" in operation, _resolve(answer))
        for operation in _operations()
        for status, answer in operation["responses"].items()
    ]


def test_it_is_served(client: FlaskClient) -> None:
    """At its address, as YAML, byte for byte."""
    response = client.get("/openapi.yaml")
    assert (response.status_code, response.content_type) == (200, "application/yaml")
    assert response.data == DOCUMENT.read_bytes()
    assert response.headers["Cache-Control"] == "public, max-age=60"


def test_it_is_of_this_version() -> None:
    """Whoever raises the version raises it there too."""
    assert DESCRIPTION["openapi"].startswith("3.1.")
    assert DESCRIPTION["info"]["version"] == app.__version__


def test_it_has_every_address_with_its_methods(client: FlaskClient) -> None:
    """And no other; HEAD is what GET is, or refused."""
    described = {
        path: {method.upper() for method in _METHODS & _resolve(item).keys()}
        for path, item in DESCRIPTION["paths"].items()
    }
    routes = {
        re.sub(r"<(\w+)>", r"{\1}", rule.rule): set(rule.methods or ()) - {"HEAD"}
        for rule in client.application.url_map.iter_rules()
    }
    assert described == routes


@pytest.mark.parametrize("code", Code)
def test_every_error_is_among_the_answers(code: Code) -> None:
    """With its status, and on no other status."""
    statuses = {status for status, _, answer in _answers() if code in answer.get("x-outcomes", ())}
    assert statuses == {TABLE[code].status}


@pytest.mark.parametrize("code", Code)
def test_every_error_has_its_headers(code: Code) -> None:
    """A challenge, or when to try again, exactly where the table says so."""
    for _, _, answer in _answers():
        if code in answer.get("x-outcomes", ()):
            headers = answer["headers"].keys()
            assert ("WWW-Authenticate" in headers) == TABLE[code].challenge
            assert ("Retry-After" in headers) == TABLE[code].retry


def test_the_codes_are_those_of_the_table() -> None:
    """Those that clients of registries know, and those of RFC 6749."""
    schemas = DESCRIPTION["components"]["schemas"]
    codes = schemas["ErrorList"]["items"]["properties"]["code"]["enum"]
    assert sorted(codes) == sorted({row.registry_code for row in TABLE.values()})
    errors = schemas["OAuthErrors"]["properties"]["error"]["enum"]
    assert sorted(errors) == sorted({row.oauth_error for row in TABLE.values()})


def test_every_answer_has_a_request_id() -> None:
    """And says whether it may be stored."""
    for _, _, answer in _answers():
        assert {"X-Request-Id", "Cache-Control"} <= answer["headers"].keys()


def test_what_the_server_refuses_by_itself_is_described_everywhere() -> None:
    """It comes to no endpoint: what cannot be read, is too long, or does not arrive."""
    for operation in _operations():
        assert {"400", "408", "414", "431"} <= operation["responses"].keys()


def test_errors_of_a_post_are_those_of_oauth() -> None:
    """RFC 6749 wants its own keys; what gunicorn refuses is not known to be a POST."""
    for status, is_post, answer in _answers():
        if status >= 400 and status not in {405, 408, 414, 431} and "x-outcomes" in answer:
            schema = answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert schema == ("OAuthErrors" if is_post else "Errors")


def test_every_component_is_used() -> None:
    """Nothing in it is left over."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for kind, components in DESCRIPTION["components"].items():
        if kind != "securitySchemes":
            for name in components:
                assert f'"#/components/{kind}/{name}"' in text
