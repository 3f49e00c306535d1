"""Where a registry sends clients for a token: whether that address will do, and what it answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt

from app.keys.keyring import KeyRing
from app.registry.check.findings import Finding, Severity, Topic, shown
from app.registry.check.http import Answer, Unreachable
from app.registry.config.connection import Connection

PROBE = "wharfinger/check"
"""The repository that tokens are asked for; it need not exist."""

_UNREACHED = (
    "The registry names the right address. Have the server, or the proxy before it, answer there; if clients "
    "reach it elsewhere, say where by --url."
)
Get = Callable[[str, Mapping[str, str]], Answer]


@dataclass(frozen=True, slots=True)
class Login:
    """Whom a token is asked for, and what proves it; never shown."""

    username: str
    password: str

    def __repr__(self) -> str:
        return "Login(…)"


def is_address(realm: str) -> bool:
    """Tell whether a text is an address of whose host there are no two opinions.

    Parsers of URLs differ over backslashes, what stands before an `@`, blanks and control characters: one
    takes for user and password what another takes for the host, and there the password would go.
    """
    try:
        url = urlsplit(realm)
        usable = url.scheme in ("http", "https") and bool(url.hostname) and (url.port or 1) > 0
    except ValueError:
        return False
    plain = realm.isascii() and realm.isprintable() and not {" ", "\\"} & set(realm)
    return usable and plain and "@" not in url.netloc


def judge_address(realm: str, expected: str) -> Iterator[Finding]:
    """Say what is wrong with the address alone.

    Args:
        realm: What the registry says.
        expected: What it should say.
    """
    if not is_address(realm):
        text = f"The registry sends clients to {shown(realm)}, which is no address of a token endpoint."
        yield Finding(Topic.REALM, text, registry={"realm": expected})
        return
    url = urlsplit(realm)
    host = url.hostname or ""
    address = _address(host)
    loopback = host == "localhost" or (address is not None and address.is_loopback)
    if url.scheme == "http" and not loopback:
        yield Finding(
            Topic.REALM,
            f"The realm {shown(realm)} is not encrypted: passwords can be read on their way.",
            registry={"realm": expected} if expected.startswith("https:") else {},
            advice="" if expected.startswith("https:") else "Give the realm an issuer with https://.",
        )
    if loopback:
        text = f"The realm {shown(realm)} is a loopback address: only clients on that machine reach it."
        yield Finding(Topic.REALM, text, Severity.WARNING)
    elif address is not None:
        text = (
            f"The realm {shown(realm)} is an IP address: certificates rarely fit one, and some clients "
            "(crane) refuse it where it is private."
        )
        yield Finding(Topic.REALM, text, Severity.WARNING)


def ask(
    get: Get, realm: str, connection: Connection, ring: KeyRing, login: Login | None
) -> Iterator[Finding]:
    """Ask the address for a token, and say what is wrong with its answer.

    The password is sent only to the host that clients should log in at, and never in the clear.

    Args:
        get: Sends a request.
        realm: The address, one by `is_address`.
        connection: What the registry should agree on with us.
        ring: The realm's keys.
        login: Whom the token is for; None is nobody.
    """
    address = f"{realm}{'&' if urlsplit(realm).query else '?'}" + urlencode(
        {"service": connection.service, "scope": f"repository:{PROBE}:pull"}
    )
    headers: dict[str, str] = {}
    if login is not None:
        if reason := _withheld(realm, connection.realm):
            yield Finding(Topic.REALM, f"The password was not sent to {shown(realm)}: {reason}.")
            return
        pair = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    try:
        answer = get(address, headers)
    except Unreachable as error:
        text = f"The realm {shown(realm)} gives no token: {error}."
        advice = "" if realm != connection.realm else _UNREACHED
        yield Finding(Topic.REALM, text, registry=_to_change(realm, connection), advice=advice)
        return
    yield from _judge_answer(answer, realm, connection, ring)


def _judge_answer(answer: Answer, realm: str, connection: Connection, ring: KeyRing) -> Iterator[Finding]:
    change = _to_change(realm, connection)
    if 300 <= answer.status < 400:  # noqa: PLR2004 - HTTP's
        target = shown(answer.headers.get("location", ""))
        text = f"The realm {shown(realm)} redirects to {target}: clients do not send passwords there."
        yield Finding(Topic.REALM, text, registry=change or {"realm": "the address that does not redirect"})
        return
    if answer.status != 200:  # noqa: PLR2004 - HTTP's
        text = f"The realm {shown(realm)} answers {answer.status}{_message(answer)}."
        yield Finding(Topic.REALM, text, registry=change)
        return
    token = _json(answer.body).get("token")
    claims = _claims(token)
    if claims is None or not isinstance(token, str):
        text = f"The realm {shown(realm)} answers, but with no token."
        yield Finding(Topic.REALM, text, registry=change)
        return
    issuer = claims.get("iss")
    if issuer != connection.issuer:
        text = (
            f"The realm {shown(realm)} issues as {shown(issuer if isinstance(issuer, str) else '')}, "
            f"and not as {shown(connection.issuer)}: it is another realm, or another server."
        )
        yield Finding(Topic.REALM, text, registry=change)
    elif not any(_is_signed_by(token, key.public_key) for key in ring.published):
        yield Finding(
            Topic.KEYS,
            f"The server at {shown(realm)} signs with a key that is not in this realm's folder of keys.",
            advice="Run this with the server's own configuration and keys.",
        )


def _to_change(realm: str, connection: Connection) -> Mapping[str, str]:
    """Give the line to change; none where the registry has the right one."""
    return {} if realm == connection.realm else {"realm": connection.realm}


def _withheld(realm: str, expected: str) -> str:
    """Say why a password must not go to an address; nothing where it may."""
    if not is_address(realm):
        return "it is no plain address of one host"
    url, ours = urlsplit(realm), urlsplit(expected)
    if (url.hostname, url.port) != (ours.hostname, ours.port):
        return f"it is not the host of {expected}"
    address = _address(url.hostname or "")
    if url.scheme != "https" and not (address is not None and address.is_loopback):
        return "it is not encrypted"
    return ""


def _message(answer: Answer) -> str:
    """Give what an error says, as registries' errors do."""
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


def _is_signed_by(token: str, key: Any) -> bool:
    try:
        jwt.decode(
            token,
            key,
            algorithms=["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "EdDSA"],
            options={"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, TypeError, ValueError):  # of a key of another kind, too
        return False
    return True


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
