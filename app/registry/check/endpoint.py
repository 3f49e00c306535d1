"""What the address answers to which a registry sends clients for a token."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt

from app.keys.keyring import KeyRing
from app.keys.signing_key import SigningKey
from app.protocol.credentials import Credentials
from app.registry.agreement import Agreement
from app.registry.check.address import RealmAddress, is_loopback
from app.registry.check.findings import RegistryFinding, Topic, shown
from app.registry.check.http import Response, Unreachable
from app.urls import http_url

PROBE = "wharfinger/check"
"""The repository that tokens are asked for; it need not exist."""

_OK, _MOVED, _ERRORS = 200, 300, 400
_UNREACHED = (
    "The registry names the right address. Have the server, or the proxy before it, answer there; if clients "
    "reach it elsewhere, say where by --url."
)
Get = Callable[[str, Mapping[str, str]], Response]
"""Sends a GET request with headers to a URL."""


def ask(
    get: Get, named: RealmAddress, agreement: Agreement, ring: KeyRing, login: Credentials | None
) -> Iterator[RegistryFinding]:
    """Ask the address for a token, and yield what is wrong with its answer.

    The password is sent only to the host that clients should log in at, and never in the clear.

    Args:
        get: Sends a request.
        named: The address, one by `http_url`.
        agreement: What the registry should agree on with us.
        ring: The realm's keys.
        login: Whom the token is for; None is nobody.
    """
    realm = named.realm
    address = f"{realm}{'&' if urlsplit(realm).query else '?'}" + urlencode(
        {"service": agreement.service, "scope": f"repository:{PROBE}:pull"}
    )
    headers: dict[str, str] = {}
    if login is not None:
        if reason := _withheld(realm, agreement.realm):
            yield RegistryFinding(Topic.REALM, f"The password was not sent to {shown(realm)}: {reason}.")
            return
        pair = base64.b64encode(f"{login.username}:{login.password.reveal()}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    try:
        answer = get(address, headers)
    except Unreachable as error:
        text = f"The realm {shown(realm)} gives no token: {error}."
        advice = named.advice if named.change else _UNREACHED
        yield RegistryFinding(Topic.REALM, text, registry=named.change, advice=advice)
        return
    yield from _judge_answer(answer, named, agreement, ring)


def _judge_answer(
    answer: Response, named: RealmAddress, agreement: Agreement, ring: KeyRing
) -> Iterator[RegistryFinding]:
    realm, change, advice = named.realm, named.change, named.advice
    if _MOVED <= answer.status < _ERRORS:
        target = shown(answer.headers.get("location", ""))
        text = f"The realm {shown(realm)} redirects to {target}: clients do not send passwords there."
        yield RegistryFinding(
            Topic.REALM, text, registry=change or {"realm": "the address that does not redirect"}
        )
        return
    if answer.status != _OK:
        text = f"The realm {shown(realm)} answers {answer.status}{_message(answer)}."
        yield RegistryFinding(Topic.REALM, text, registry=change, advice=advice)
        return
    token = _json(answer.body).get("token")
    claims = _claims(token)
    if claims is None or not isinstance(token, str):
        text = f"The realm {shown(realm)} answers, but with no token."
        yield RegistryFinding(Topic.REALM, text, registry=change, advice=advice)
        return
    issuer = claims.get("iss")
    if issuer != agreement.issuer:
        text = (
            f"The realm {shown(realm)} issues as {shown(issuer if isinstance(issuer, str) else '')}, "
            f"and not as {shown(agreement.issuer)}: it is another realm, or another server."
        )
        yield RegistryFinding(Topic.REALM, text, registry=change, advice=advice)
    elif not any(_is_signed_by(token, key) for key in ring.published):
        yield RegistryFinding(
            Topic.KEYS,
            f"The server at {shown(realm)} signs with a key that is not in this realm's folder of keys.",
            advice="Run this with the server's own configuration and keys.",
        )


def _withheld(realm: str, expected: str) -> str:
    """Return why a password must not go to an address; nothing where it may."""
    url, ours = http_url(realm), urlsplit(expected)
    if url is None:
        return "it is no plain address of one host"
    if (url.hostname, url.port) != (ours.hostname, ours.port):
        return f"it is not the host of {expected}"
    if url.scheme != "https" and not is_loopback(url):
        return "it is not encrypted"
    return ""


def _message(answer: Response) -> str:
    """Return the message of an error in the form of the registry's own errors."""
    errors = _json(answer.body).get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    message = first.get("message") if isinstance(first, dict) else None
    return f": {shown(message)}" if isinstance(message, str) else ""


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _claims(token: object) -> dict[str, Any] | None:
    try:
        return jwt.decode(str(token), options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None


def _is_signed_by(token: str, key: SigningKey) -> bool:
    try:
        jwt.decode(
            token,
            key.public_key,
            algorithms=list(key.algorithms),
            options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, TypeError, ValueError):  # of a key of another kind, too
        return False
    return True
