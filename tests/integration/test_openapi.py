"""The description of the endpoints, tried on the endpoints: what fits it, and what does not."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.bootstrap import Parts
from app.directory.directory import LdapDirectory
from app.keys import keyring
from app.keys.algorithm import Algorithm
from app.keys.create import create as create_key
from app.keys.signing_key import KeyState
from app.serving.settings import ServerSettings
from app.web.application import create
from app.web.openapi import DOCUMENT
from tests.support.directory import FakeDirectory
from tests.support.parts import NO_AUDIT, NOW, Collector, make_issuer, make_realm
from tests.support.server import Server

pytestmark = pytest.mark.slow  # schemathesis tries hundreds of requests

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
Ask = Callable[[Case[Any]], None]
_OPERATIONS = schemathesis.openapi.from_path(DOCUMENT).get_all_operations()
LABELS = [each.ok().label for each in _OPERATIONS if isinstance(each, Ok)]
TOKEN = [label for label in LABELS if label.endswith(("/auth", "/docker-v2", "/token"))]
ALICE = {"Authorization": "Basic " + base64.b64encode(b"alice:alice-password").decode()}
# Neither a database of examples nor a search for the shortest one: the seeds change with every run.
TRIES = settings(
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Return the application before the directory in memory: no account can be locked there."""
    folder = tmp_path_factory.mktemp("keys")
    create_key(
        folder, name="first", algorithm=Algorithm.ES256, state=KeyState.ACTIVE, common_name="demo", now=NOW
    )
    directory = FakeDirectory()
    issuer = make_issuer(make_realm(keyring.load(folder), directory), Collector())
    directories: dict[str, LdapDirectory] = {"demo": directory}  # type: ignore[dict-item]  # it has the same ping
    return create(Parts(ServerSettings(), 64 * 1024, "demo", {"demo": issuer}, directories, NO_AUDIT))


@pytest.fixture(scope="module")
def in_memory(application: Flask) -> BaseSchema:
    """Return the description as the application in memory serves it."""
    return schemathesis.openapi.from_wsgi("/openapi.yaml", application)


@pytest.fixture(scope="module")
def over_http(server: Server) -> BaseSchema:
    """Return the description as the real server serves it."""
    return schemathesis.openapi.from_url(f"{server.url}/openapi.yaml")


def _try(schema: BaseSchema, label: str, mode: GenerationMode, tries: int, ask: Ask) -> None:
    """Ask an operation for many things that fit its description, or that do not."""
    operation = schema.find_operation_by_label(label)
    assert operation is not None

    @given(operation.as_strategy(generation_mode=mode))
    @settings(TRIES, max_examples=tries)
    def attempt(case: Case[Any]) -> None:
        ask(case)

    attempt()


def _anybody(case: Case[Any]) -> None:
    case.call_and_validate(checks=CHECKS)


def _alice(case: Case[Any]) -> None:
    """Ask with good credentials, and for a realm and a service that there are."""
    if "realm" in case.path_parameters:
        case.path_parameters["realm"] = "demo"
    case.query.pop("service", None)
    if isinstance(case.body, dict):
        case.body = {**case.body, "grant_type": "password", "username": "alice", "password": "alice-password"}
        case.body.pop("service", None)
    case.call_and_validate(checks=CHECKS, headers=ALICE)


def _nobody(case: Case[Any]) -> None:
    """Ask without credentials: the directory of other tests is left alone."""
    case.headers.pop("Authorization", None)
    case.call_and_validate(checks=CHECKS)


@pytest.mark.parametrize("label", LABELS)
def test_what_fits_is_answered_as_described(in_memory: BaseSchema, label: str) -> None:
    """No fault of ours, and nothing that the description does not have."""
    _try(in_memory, label, GenerationMode.POSITIVE, 10, _anybody)


@pytest.mark.parametrize("label", TOKEN)
def test_logins_are_answered_as_described(in_memory: BaseSchema, label: str) -> None:
    """With good credentials, which come further."""
    _try(in_memory, label, GenerationMode.POSITIVE, 10, _alice)


@pytest.mark.parametrize("label", [label for label in LABELS if label in TOKEN or "{realm}" in label])
def test_what_does_not_fit_is_answered_as_described(in_memory: BaseSchema, label: str) -> None:
    """However wrong the request is."""
    _try(in_memory, label, GenerationMode.NEGATIVE, 8, _anybody)


@pytest.mark.parametrize("label", [label for label in LABELS if label.startswith("GET ")])
def test_the_real_server_answers_as_described(over_http: BaseSchema, label: str) -> None:
    """Through gunicorn."""
    _try(over_http, label, GenerationMode.POSITIVE, 3, _nobody)
