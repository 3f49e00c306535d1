"""The floor: the least that a token could cost with these libraries, as a WSGI application.

Flask under the same gunicorn settings, the same key, an answer of the same shape; but one fixed claim
set, and no login, no rules, no record.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, Response

from app import settings
from app.configfile import PATH_VARIABLE
from app.keys import keyring
from app.protocol.claims import Lifetimes, claim_set
from app.protocol.scope import Access, ResourceType
from app.watch.watcher import Watcher
from app.web.application import HOOKS, Hooks
from app.web.realms import realm_paths

_settings = settings.load(Path(os.environ[PATH_VARIABLE]))
_realm = _settings.realms[_settings.default_realm]
_key = keyring.load(_realm.keys).active
_service, _shape = next(iter(_realm.key_services().items()))
_lifetime = Lifetimes().push
_claims = claim_set(
    issuer=_realm.issuer,
    subject="person00000",
    service=_service,
    access=(Access(ResourceType.REPOSITORY, "000/app", ("pull", "push")),),
    lifetimes=Lifetimes(),
    now=datetime.now(UTC),
    token_id="0" * 32,
).to_json()

application = Flask("floor", static_folder=None)
application.extensions[HOOKS] = Hooks(
    _settings.server, _settings.limits.body_bytes, lambda: Watcher(()), *3 * (lambda: None,)
)


@application.get(realm_paths("/auth")[0])
def token(realm: str) -> Response:  # noqa: ARG001 - part of the path
    """Sign the claim set."""
    signed = _key.sign(_claims, kid_format=_shape.key_id, x5c=_shape.x5c, algorithm=_shape.algorithm)
    body = {"token": signed, "access_token": signed, "expires_in": int(_lifetime.total_seconds())}
    return Response(json.dumps(body), mimetype="application/json")
