"""The token endpoint: parse, ask the issuer of the realm, render."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import orjson
from flask import Blueprint, Request, Response, g, request
from werkzeug.exceptions import MethodNotAllowed

from app.errors import Refusal
from app.protocol.credentials import Grant
from app.protocol.request import Client, RawRequest
from app.tokens.issue import Issuer
from app.tokens.realm import Issued
from app.web import cors, errors, parameters
from app.web.parameters import Parameters
from app.web.realms import find, realm_paths

_METHODS = ["GET", "POST"]
_SHOWN_LENGTH = 256
_DEFAULT_PATHS = ("/token", "/auth/token", "/auth")
"""The last is docker_auth's."""


def blueprint(issuers: Mapping[str, Issuer], default_realm: str, origins: Collection[str] = ()) -> Blueprint:
    """Make the token endpoint of every realm, and that of the default realm at its short paths.

    Args:
        issuers: By realm.
        default_realm: The realm of the short paths.
        origins: Of the web pages that may use them.
    """
    routes = Blueprint("token", __name__)

    def token(realm: str = default_realm) -> Response:
        if request.method not in _METHODS:  # the framework would answer HEAD as if it were GET
            raise MethodNotAllowed(valid_methods=_METHODS)
        issuer = find(issuers, realm)
        if isinstance(issuer, Refusal):
            return errors.render(issuer)
        raw = _read(request._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 - once for all
        g.recorded = True
        answer = issuer.answer(raw, g.request_id)
        if isinstance(answer, Refusal):
            return errors.render(answer, realm)
        return _render(answer, tells_issued_at=issuer.realm.tells_issued_at)

    paths = (*realm_paths("/auth"), *realm_paths(""), *_DEFAULT_PATHS)
    for path in paths:
        routes.add_url_rule(path, view_func=token, methods=_METHODS, provide_automatic_options=False)
    cors.allow(routes, paths, _METHODS, origins)
    return routes


def _read(request: Request) -> RawRequest:
    """Read the request as it came; nothing of it is verified yet."""
    query = parameters.of_query(request)
    form = parameters.of_form(request) if request.method == "POST" else Parameters()
    fields = Parameters() if isinstance(form, Refusal) else form
    return RawRequest(
        client=Client(
            address=g.address,
            name=(fields.first("client_id") or query.first("client_id"))[:_SHOWN_LENGTH],
            user_agent=request.headers.get("User-Agent", "")[:_SHOWN_LENGTH],
        ),
        authorization=request.headers.get("Authorization"),
        services=query.all("service") + fields.all("service"),
        scopes=query.all("scope") + fields.all("scope"),
        grant=_grant(form) if request.method == "POST" else None,
    )


def _grant(form: Parameters | Refusal) -> Grant | Refusal:
    return form if isinstance(form, Refusal) else Grant.of(dict(form.pairs))


def _render(issued: Issued, *, tells_issued_at: bool) -> Response:
    """Render a token under both its names, for clients of both specifications (spec/auth/token and oauth)."""
    body: dict[str, object] = {
        "token": issued.token,
        "access_token": issued.token,
        "expires_in": int(issued.lifetime.total_seconds()),
    }
    if tells_issued_at:
        body["issued_at"] = issued.claims.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    if request.method == "POST":
        body |= {"token_type": "Bearer", "scope": " ".join(map(str, issued.claims.access))}
    return Response(orjson.dumps(body) + b"\n", content_type="application/json")
