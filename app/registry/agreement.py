"""What a registry and a realm must agree on, and the kinds of registries."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from urllib.parse import quote, unquote

from app.keys.algorithm import Algorithm
from app.keys.kid import KeyId
from app.urls import http_url

TOKEN_ENDPOINT = "/protocol/docker-v2/auth"  # noqa: S105 - a path, no token


class RegistryKind(enum.StrEnum):
    """The kinds of registries whose configuration is known."""

    DISTRIBUTION2 = "distribution2"  # Distribution 2.7 and 2.8; Debian's docker-registry
    DISTRIBUTION3 = "distribution3"  # Distribution 3.x
    ZOT = "zot"

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS[self]


_LABELS = {
    RegistryKind.DISTRIBUTION2: "Distribution 2.8",
    RegistryKind.DISTRIBUTION3: "Distribution 3.x",
    RegistryKind.ZOT: "zot",
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a registry and a realm must agree on.

    Attributes:
        realm: Where clients get tokens: the registry's `realm`.
        service: The registry's name among the realm's services.
        issuer: The realm's issuer.
        key_id: Which `kid` the service's tokens have.
        x5c: Whether the service's tokens carry their certificates.
        algorithm: The `alg` of the service's tokens; None is that of the key.
    """

    realm: str
    service: str
    issuer: str
    key_id: KeyId
    x5c: bool
    algorithm: Algorithm | None = None


def token_url(issuer: str, realm: str) -> str | None:
    """Derive where clients get tokens from the issuer, which is the public address of its realm.

    Returns:
        The URL; None where the issuer is a mere name rather than the address of this realm.
    """
    base = issuer.rstrip("/")
    url = http_url(base)
    if url is not None and unquote(url.path).endswith(f"/realms/{realm}"):
        return base + TOKEN_ENDPOINT
    return None


def token_url_below(server: str, realm: str) -> str:
    """Return where clients get the tokens of a realm from a server at this address."""
    return f"{server.rstrip('/')}/auth/realms/{quote(realm, safe='')}{TOKEN_ENDPOINT}"
