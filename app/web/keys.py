"""What registries need to know of the keys: JWK Sets (RFC 7517) and certificate bundles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from flask import Blueprint, Response

from app.errors import Refusal
from app.keys.keyring import KeyRing
from app.web import errors
from app.web.realms import find, realm_paths

_MAX_AGE_SECONDS = 60


class Keys(Protocol):
    """The keys of a realm, which may change at any time."""

    @property
    def current(self) -> KeyRing:
        """What is in force now."""


def blueprint(rings: Mapping[str, Keys], default_realm: str) -> Blueprint:
    """Make the endpoints of every realm's published keys, and the well-known one of the default realm's."""
    routes = Blueprint("keys", __name__)
    jwk_set = _view(rings, default_realm, lambda ring: ring.jwk_set, "application/json")
    bundle = _view(rings, default_realm, lambda ring: ring.pem_bundle, "application/x-pem-file")
    for path in (*realm_paths("/certs"), "/.well-known/jwks.json"):
        routes.add_url_rule(path, "jwk_set", jwk_set)
    for path in realm_paths("/certs.pem"):
        routes.add_url_rule(path, "bundle", bundle)
    return routes


def _view(
    rings: Mapping[str, Keys], default_realm: str, content: Callable[[KeyRing], bytes], mimetype: str
) -> Callable[..., Response]:
    def view(realm: str = default_realm) -> Response:
        ring = find(rings, realm)
        if isinstance(ring, Refusal):
            return errors.render(ring)
        response = Response(content(ring.current), mimetype=mimetype)
        response.headers["Cache-Control"] = f"public, max-age={_MAX_AGE_SECONDS}"
        return response

    return view
