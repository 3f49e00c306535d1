"""Requests to the token endpoint: no token grants more than the independent engine, each has its record."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.bootstrap import Parts
from app.directory.directory import LdapDirectory
from app.keys import keyring
from app.keys.algorithm import Algorithm
from app.keys.create import create as create_key
from app.keys.keyring import KeyRing
from app.keys.signing_key import KeyState
from app.serving.settings import ServerSettings
from app.web.application import create
from tests.spec.rules import Request, Somebody, granted
from tests.support.directory import GROUPS, PASSWORDS, FakeDirectory
from tests.support.parts import NO_AUDIT, NOW, Collector, claims_of, make_issuer, make_realm
from tests.support.server import SAMPLE_RULES, SERVICE

_EXPECTED = frozenset({200, 400, 401, 403, 404, 405, 413, 415, 429})
_PATHS = (
    "/token",
    "/auth/token",
    "/auth/realms/demo/protocol/docker-v2/auth",
    "/realms/demo/protocol/docker-v2",
)
_TYPES = ("repository", "repository(plugin)", "registry", "Repository")
_NAMES = ("platform/app", "base/debian", "web/release/app", "sandbox/alice/x", "catalog", "a", "")
_ACTIONS = ("pull", "push", "delete", "*", "", "Pull")
_METHODS = ("GET", "GET", "POST", "PUT", "HEAD")
_ADDRESS = "192.0.2.7"
_RULES = SAMPLE_RULES.read_text()


def prepare(folder: Path) -> Callable[[bytes], None]:
    """Make a server in memory, and the check of one request to it."""
    create_key(
        folder, name="first", algorithm=Algorithm.ES256, state=KeyState.ACTIVE, common_name="x", now=NOW
    )
    ring = keyring.load(folder)
    told = Collector()
    directory = FakeDirectory()
    issuer = make_issuer(make_realm(ring, directory), told)
    directories: dict[str, LdapDirectory] = {"demo": directory}  # type: ignore[dict-item]  # it has the same ping
    client = create(
        Parts(ServerSettings(), 64 * 1024, "demo", {"demo": issuer}, directories, NO_AUDIT)
    ).test_client()

    def check(octets: bytes) -> None:
        told.records.clear()
        response = _send(client, atheris.FuzzedDataProvider(octets))
        assert response.status_code in _EXPECTED, (response.status_code, response.get_data())
        _is_as_recorded(response, told, ring)

    return check


def _send(client: FlaskClient, data: Any) -> TestResponse:
    method, path = data.PickValueInList(list(_METHODS)), data.PickValueInList(list(_PATHS))
    headers = []
    kind = data.ConsumeIntInRange(0, 3)
    if kind == 1:
        name = data.PickValueInList(sorted(PASSWORDS))
        headers = [("Authorization", _basic(f"{name}:{PASSWORDS[name]}".encode()))]
    elif kind == 2:
        headers = [("Authorization", _basic(data.ConsumeBytes(40)))]
    elif kind == 3:
        headers = [("Authorization", _header(data.ConsumeBytes(60)))]
    query = _query(data)
    body = data.ConsumeBytes(data.remaining_bytes())
    content = {"data": body, "content_type": "application/x-www-form-urlencoded"} if method == "POST" else {}
    environment = {"REMOTE_ADDR": _ADDRESS, "QUERY_STRING": query.replace("\r", "").replace("\n", "")}
    return client.open(path, method=method, headers=headers, environ_overrides=environment, **content)


def _query(data: Any) -> str:
    """Return any octets, or scopes that are nearly right."""
    if data.ConsumeBool():
        return str(data.ConsumeBytes(300).decode("latin-1"))
    scopes = []
    for _ in range(data.ConsumeIntInRange(0, 4)):
        more = data.ConsumeBytes(3).decode("latin-1") if data.ConsumeIntInRange(0, 3) == 0 else ""
        name = data.PickValueInList(list(_NAMES)) + more
        actions = ",".join(data.PickValueInList(list(_ACTIONS)) for _ in range(data.ConsumeIntInRange(0, 3)))
        scopes.append(f"scope={data.PickValueInList(list(_TYPES))}:{name}:{actions}")
    return "&".join([f"service={SERVICE}", *scopes])


def _basic(octets: bytes) -> str:
    return "Basic " + base64.b64encode(octets).decode()


def _header(octets: bytes) -> str:
    return octets.decode("latin-1").replace("\r", "").replace("\n", "").replace("\0", "")


def _is_as_recorded(response: TestResponse, told: Collector, ring: KeyRing) -> None:
    """Compare the answer with the record: a token has exactly one, and nothing else is recorded as one."""
    issued = [record for record in told.records if record.outcome == "issued"]
    if response.status_code != 200 or response.request.method == "HEAD":
        assert not issued or response.request.method == "HEAD"
        return
    (record,) = told.records
    claims = claims_of(response.get_json()["token"], ring)
    assert record.outcome == "issued"
    assert record.request_id == claims["jti"]
    assert record.subject == claims["sub"]
    recorded = [(str(each.type), each.name, list(each.actions)) for each in record.granted]
    assert recorded == [(each["type"], each["name"], each["actions"]) for each in claims["access"]]
    for entry in claims["access"]:
        _is_allowed(claims["sub"], entry)


def _is_allowed(subject: str, entry: dict[str, Any]) -> None:
    groups = tuple(f"cn={name},ou=groups,dc=example,dc=com" for name, _ in GROUPS.get(subject, ()))
    resource = "catalog" if entry["type"] == "registry" else entry["name"]
    actions = frozenset(entry["actions"])
    request = Request(resource, actions, SERVICE, _ADDRESS, NOW)
    assert granted(_RULES, Somebody(subject, groups), request) == actions, (subject, entry)
