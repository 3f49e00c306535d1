"""Which web pages may ask the token endpoint, and read its answers: CORS (Fetch standard, §3.3).

A browser lets a page read an answer of another origin only where the answer names the page's origin. Where no
origin is configured, nothing of this is installed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed

_ASKED_METHOD = "Access-Control-Request-Method"
_MAX_AGE_SECONDS = 3600
_EXPOSED = "Retry-After, WWW-Authenticate, X-Request-Id"


def allow(routes: Blueprint, paths: Sequence[str], methods: Sequence[str], origins: Collection[str]) -> None:
    """Let pages of some origins use the endpoints of a blueprint.

    Args:
        routes: The blueprint, which has no other endpoints.
        paths: Where they are.
        methods: What they take.
        origins: As browsers write them; a page of any other gets what it would get without this.
    """
    if not origins:
        return
    allowed = frozenset(origins)

    def preflight(**_: str) -> Response:
        if request.headers.get("Origin") not in allowed or _ASKED_METHOD not in request.headers:
            raise MethodNotAllowed(valid_methods=methods)
        response = Response(status=204)
        del response.headers["Content-Type"]
        response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
        response.headers["Access-Control-Allow-Headers"] = "Authorization"
        response.headers["Access-Control-Max-Age"] = str(_MAX_AGE_SECONDS)
        return response

    def name_origin(response: Response) -> Response:
        response.headers.add("Vary", "Origin")
        origin = request.headers.get("Origin")
        if origin in allowed:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Credentials"] = "true"
            response.headers["Access-Control-Expose-Headers"] = _EXPOSED
        return response

    for path in paths:
        routes.add_url_rule(
            path, "preflight", preflight, methods=["OPTIONS"], provide_automatic_options=False
        )
    routes.after_request(name_origin)
