"""Tokens that differ in one thing each; which of them a registry takes tells what it expects.

None of them grants anything.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

from app.keys.algorithm import Algorithm
from app.keys.kid import LIBTRUST, RFC7638, KeyId
from app.keys.signing_key import SigningKey
from app.protocol.claims import ClaimSet
from app.protocol.scope import Access
from app.registry.agreement import TOKEN_ENDPOINT
from app.registry.check.challenge import Challenge
from app.registry.check.http import Response

_OK, _UNAUTHORIZED = 200, 401
_ON_EITHER_SIDE = timedelta(hours=1)
_WELL_KNOWN = ("Acme auth server", "registry-token-issuer", "harbor-token-issuer", "gitlab-issuer")
"""Issuers of widely copied examples."""


class Verdict(enum.Enum):
    """What a registry makes of a token."""

    TAKEN = enum.auto()
    REFUSED = enum.auto()
    KEY_KNOWN = enum.auto()  # the signature is wrong, but by a key that it trusts
    OTHER = enum.auto()  # an answer that has nothing to do with tokens


@dataclass(frozen=True, slots=True)
class KeyReference:
    """How a token names its key."""

    key_id: KeyId
    x5c: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """One token.

    Attributes:
        key: What it is signed with.
        reference: How it names that.
        start: From when it is valid.
        end: Until when.
        broken: Whether its signature is wrong.
    """

    issuer: str
    audience: str
    key: SigningKey
    reference: KeyReference
    algorithm: Algorithm | None
    start: datetime
    end: datetime
    broken: bool = False
    access: tuple[Access, ...] = ()

    def token(self) -> str:
        """Sign the token."""
        claims = ClaimSet(
            issuer=self.issuer,
            subject="wharfinger-check",
            audience=self.audience,
            issued_at=self.start,
            not_before=self.start,
            expires_at=self.end,
            token_id="wharfinger-registry-check",  # noqa: S106 - an id
            access=self.access,
        )
        algorithm = self.algorithm if self.algorithm in self.key.algorithms else None
        token = self.key.sign(
            claims.to_json(), kid_format=self.reference.key_id, x5c=self.reference.x5c, algorithm=algorithm
        )
        return _broken(token) if self.broken else token

    def at_any_time(self, ours: datetime, theirs: datetime) -> Trial:
        """Return the token with a validity that fits both clocks."""
        start, end = min(ours, theirs), max(ours, theirs)
        return replace(self, start=start - _ON_EITHER_SIDE, end=end + _ON_EITHER_SIDE)


Present = Callable[[Trial], Verdict]
"""Shows a token to the registry, and returns what it made of it."""


def verdict(answer: Response) -> Verdict:
    """Read what a registry made of a token.

    Distribution 3.x names no error where it found the key and the signature was wrong, but does where it
    did not find the key, or found anything else wrong.
    """
    if answer.status == _OK:
        return Verdict.TAKEN
    if answer.status != _UNAUTHORIZED:
        return Verdict.OTHER
    challenge = Challenge.parse(answer.headers.get("www-authenticate", ""))
    if challenge is not None and not challenge.error and challenge.scope is None:
        return Verdict.KEY_KNOWN
    return Verdict.REFUSED


def references(usual: KeyReference) -> tuple[KeyReference, ...]:
    """Return the ways to name a key, the usual one first."""
    ways = (
        KeyReference(LIBTRUST, x5c=False),
        KeyReference(RFC7638, x5c=False),
        KeyReference(LIBTRUST, x5c=True),
    )
    same = [each for each in ways if each != usual and not (each.x5c and usual.x5c)]
    return (usual, *same)


def issuers(own: str, realm: str, others: Iterator[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Return issuers that a registry may have been given instead of ours, ours first.

    Args:
        own: Our issuer.
        realm: Where the registry sends clients; empty where that is no address.
        others: What else it may be: other realms' issuers, and what the administrator says it is.
    """
    found = [own, *others]
    if realm:
        endpoint = urlsplit(realm)
        found += [realm.removesuffix(TOKEN_ENDPOINT), realm, urlunsplit((*endpoint[:2], "", "", ""))]
    found += [_other_path(own), *(_other_scheme(each) for each in found)]
    found += [each.rstrip("/") if each.endswith("/") else f"{each}/" for each in found if "://" in each]
    return tuple(each for each in dict.fromkeys([*found, *_WELL_KNOWN]) if each)


def _other_scheme(url: str) -> str:
    scheme, colon, rest = url.partition("://")
    return {"http": "https", "https": "http"}.get(scheme, "") + colon + rest if colon else ""


def _other_path(issuer: str) -> str:
    """Swap the two forms of a realm's address: with and without `/auth`."""
    if "/auth/realms/" in issuer:
        return issuer.replace("/auth/realms/", "/realms/", 1)
    return issuer.replace("/realms/", "/auth/realms/", 1)


def _broken(token: str) -> str:
    """Change a character in the middle of the signature; it stays as long as it was."""
    head, _, signature = token.rpartition(".")
    at = len(signature) // 2
    other = "A" if signature[at] != "A" else "B"
    return f"{head}.{signature[:at]}{other}{signature[at + 1 :]}"
