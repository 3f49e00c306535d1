"""The Flask application, put together."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g

from app.bootstrap import Parts
from app.web import errors, health, keys, token

_REQUEST_ID_BYTES = 16


def create(parts: Parts) -> Flask:
    """Make the application."""
    application = Flask("wharfinger", static_folder=None)
    application.url_map.strict_slashes = False
    application.url_map.merge_slashes = False  # it would be a redirect, and no client follows one here
    rings = {name: issuer.realm.keys for name, issuer in parts.issuers.items()}
    application.register_blueprint(token.blueprint(parts.issuers, parts.default_realm))
    application.register_blueprint(keys.blueprint(rings, parts.default_realm))
    application.register_blueprint(health.blueprint(parts.directories))
    application.before_request(_begin)
    application.after_request(_end)
    errors.install(application)
    return application


def _begin() -> None:
    g.request_id = secrets.token_hex(_REQUEST_ID_BYTES)


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Pragma"] = "no-cache"
    return response
