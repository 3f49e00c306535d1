"""The description of every endpoint, in OpenAPI 3.1, for whoever writes a client."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response

DOCUMENT = Path(__file__).with_name("openapi.yaml")
_MAX_AGE_SECONDS = 60


def blueprint() -> Blueprint:
    """Make its endpoint; the file is read once."""
    routes = Blueprint("openapi", __name__)
    document = DOCUMENT.read_bytes()

    @routes.get("/openapi.yaml")
    def openapi() -> Response:
        response = Response(document, mimetype="application/yaml")  # RFC 9512
        response.headers["Cache-Control"] = f"public, max-age={_MAX_AGE_SECONDS}"
        return response

    return routes
