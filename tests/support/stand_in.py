"""A stand-in of a registry and of the realm beside it, for `wharfinger registry check`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt

from app import settings
from app.keys.algorithm import Algorithm, generate
from app.keys.certificate import self_signed
from app.keys.kid import LIBTRUST
from app.keys.signing_key import KeyState, SigningKey
from app.registry.check.examination import Examination, Target, examine
from app.registry.check.http import Response

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
ISSUER = "https://auth.example.com/auth/realms/corp"
REALM = f"{ISSUER}/protocol/docker-v2/auth"
SERVICE = "registry.example.com"


def foreign_key() -> SigningKey:
    """Make a key that is in no folder."""
    key = generate(Algorithm.ES256)
    certificate = self_signed(key, Algorithm.ES256, common_name="x", now=NOW)
    return SigningKey("foreign", KeyState.ACTIVE, Algorithm.ES256, key, (certificate,))


def token_answer(key: SigningKey, **claims: object) -> Response:
    """Response as a realm that signs with a key."""
    token = key.sign({"iss": ISSUER, "aud": SERVICE, **claims}, kid_format=LIBTRUST, x5c=False)
    return Response(200, {}, json.dumps({"token": token}).encode())


@dataclass(slots=True)
class Registry:
    """A registry, and the realm beside it, that answer as they are told.

    Attributes:
        takes: Whether it takes a token; given the token.
        realm: What the realm answers.
        error: What a refusal says; without it, that of a proxy which leaves it out.
        scope: What the challenge says of scopes.
        looks_at_access: Whether it refuses a token that grants nothing for a repository.
        removal: The right that it asks for where something is deleted.
        shown: The tokens that it was shown.
    """

    takes: Callable[[str], bool]
    realm: Response
    error: str = ',error="invalid_token"'
    scope: str = ""
    looks_at_access: bool = True
    challenge: str = f'Bearer realm="{REALM}",service="{SERVICE}"'
    headers: Mapping[str, str] = field(default_factory=dict)
    removal: str = "delete"
    body: bytes = b""
    shown: list[str] = field(default_factory=list)

    def get(self, url: str, headers: Mapping[str, str]) -> Response:
        if not url.startswith("https://registry.example.com/v2/"):
            return self.realm
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        if not token:
            return self._refused("")
        self.shown.append(token)
        if not self.takes(token):
            return self._refused(self.error)
        claims = jwt.decode(token, options={"verify_signature": False})
        if url.endswith("/tags/list"):
            granted = bool(claims["access"]) or not self.looks_at_access
            return Response(404, {}, b"") if granted else self._refused(',error="insufficient_scope"')
        return Response(200, {}, b"{}")

    def delete(self, url: str) -> Response:
        assert url.startswith("https://registry.example.com/v2/")
        challenge = f'{self.challenge},scope="repository:wharfinger/check:{self.removal}"'
        return Response(401, {"www-authenticate": challenge}, b"")

    def _refused(self, error: str) -> Response:
        headers = {"www-authenticate": self.challenge + self.scope + error, **self.headers}
        return Response(401, headers, self.body)


def signed_by(key: SigningKey) -> Callable[[str], bool]:
    """Take what zot takes: a signature by the key, at a time when it is valid; nothing else is looked at."""

    def takes(token: str) -> bool:
        unlooked = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
        try:
            jwt.decode(token, key.public_key, algorithms=["ES256"], options=unlooked)  # type: ignore[arg-type]
        except jwt.InvalidTokenError:
            return False
        return True

    return takes


def examined(config: Path, registry: Registry, **asked: Any) -> Examination:
    """Examine the stand-in, which belongs to the realm `corp`; keywords are those of `Target`."""
    target = Target("https://registry.example.com", "corp")
    return examine(settings.load(config), replace(target, **asked), registry, lambda: NOW, lambda _: ())


def claims_of(token: str) -> dict[str, Any]:
    """Read a token without looking at its signature."""
    return jwt.decode(token, options={"verify_signature": False})


@dataclass(slots=True)
class Zot(Registry):
    """A stand-in of zot as 2.1.2, 2.1.8, 2.1.20 and its main branch were seen to answer.

    Its challenge without a token has an empty scope. It looks at neither issuer nor service. A token that it
    does not take gets 401 without a challenge, one that lacks a right gets a challenge that names it. Before
    2.1.18 that right is `push` where something is deleted.

    Attributes:
        version: Its release.
    """

    version: tuple[int, int, int] = (2, 1, 20)

    def get(self, url: str, headers: Mapping[str, str]) -> Response:
        if not url.startswith("https://registry.example.com/v2/"):
            return self.realm
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        if not token:
            return Response(401, {"www-authenticate": f'{self.challenge},scope=""'}, b"")
        self.shown.append(token)
        if not self.takes(token):
            return Response(401, {}, b"")
        if url.endswith("/tags/list") and not claims_of(token)["access"]:
            needed = f'{self.challenge},scope="repository:wharfinger/check:pull"'
            return Response(401, {"www-authenticate": needed}, b"")
        return Response(404 if url.endswith("/tags/list") else 200, {}, b"{}")

    def delete(self, url: str) -> Response:
        right = "delete" if self.version >= (2, 1, 18) else "push"
        needed = f'{self.challenge},scope="repository:wharfinger/check:{right}"'
        return Response(401, {"www-authenticate": needed}, b"")
