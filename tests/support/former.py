"""The token servers that people come from, as small as can be: docker_auth and Keycloak.

Each answers at its own address, with an answer and a token of its own shape (docker_auth:
auth_server/server/server.go; Keycloak: DockerAuthV2Protocol). Both sign by RS256 under libtrust's key id, and
give whatever is asked to whoever gives the right password.
"""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

from app.keys.kid import LIBTRUST
from app.keys.signing_key import SigningKey
from tests.support.directory import PASSWORDS

_DOCKER_AUTH_SECONDS: Final = 900
_KEYCLOAK_SECONDS: Final = 300


@dataclass(slots=True)
class Former:
    """One of them.

    Attributes:
        key: What it signs with.
        issuer: As its registries have it.
        path: Where its token endpoint is.
        port: Where it listens.
        issued: How many tokens it has issued.
    """

    key: SigningKey
    issuer: str
    path: str
    port: int = field(init=False)
    issued: int = field(default=0, init=False)
    _server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.port = self._server.server_address[1]

    def answer(self, subject: str, service: str, scopes: list[str]) -> dict[str, Any]:
        """Return the whole answer to somebody who has given the right password."""
        raise NotImplementedError

    def token(self, claims: dict[str, Any]) -> str:
        """Sign a token, and count it."""
        self.issued += 1
        return self.key.sign(claims, kid_format=LIBTRUST, x5c=False)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass(slots=True)
class DockerAuth(Former):
    """docker_auth: its answer does not say how long the token lives."""

    def answer(self, subject: str, service: str, scopes: list[str]) -> dict[str, Any]:
        """Return the token under both its names."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": subject,
            "aud": service,
            "exp": now + _DOCKER_AUTH_SECONDS,
            "nbf": now - 10,
            "iat": now,
            "jti": str(uuid.uuid4().int >> 65),
            "access": _access(scopes),
        }
        token = self.token(claims)
        return {"access_token": token, "token": token}


@dataclass(slots=True)
class Keycloak(Former):
    """Keycloak with its own mapper, which gives whatever is asked."""

    def answer(self, subject: str, service: str, scopes: list[str]) -> dict[str, Any]:
        """Return the token under one name, and when it was issued."""
        now = int(time.time())
        claims = {
            "jti": str(uuid.uuid4()),
            "exp": now + _KEYCLOAK_SECONDS,
            "nbf": 0,
            "iat": now,
            "iss": self.issuer,
            "aud": service,
            "sub": subject,
            "access": _access(scopes),
        }
        issued_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
        return {"token": self.token(claims), "expires_in": _KEYCLOAK_SECONDS, "issued_at": issued_at}


def _access(scopes: list[str]) -> list[dict[str, Any]]:
    parts = [scope.split(":") for scope in scopes]
    return [{"type": kind, "name": name, "actions": actions.split(",")} for kind, name, actions in parts]


def _handler(former: Former) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            login = _login(self.headers.get("Authorization", ""))
            if url.path != former.path:
                self._answer(404, {})
            elif login is None or PASSWORDS.get(login[0]) != login[1]:
                self._answer(401, {})
            else:
                query = parse_qs(url.query)
                scopes = query.get("scope", [])
                self._answer(200, former.answer(login[0], query["service"][0], scopes))

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    return Handler


def _login(header: str) -> list[str] | None:
    scheme, _, value = header.partition(" ")
    return base64.b64decode(value).decode().split(":", 1) if scheme == "Basic" else None
