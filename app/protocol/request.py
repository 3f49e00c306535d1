"""What a client asks of the token endpoint, read from the parameters and headers as they came.

Nothing here trusts the client: whatever looks like a credential and is none is a refusal, never anonymous.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import Code, Refusal
from app.protocol import scope
from app.protocol.scope import Scope
from app.protocol.secret import Secret

WRONG_CREDENTIALS = "The user name or password is wrong."
"""The one text for an unknown user, a wrong, an empty and a blank password."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request may hold.

    Attributes:
        scopes: Number of scopes.
        scope_length: Characters of one scope.
        username_length: Bytes of a user name in UTF-8.
        password_length: Bytes of a password in UTF-8.
    """

    scopes: int = 100
    scope_length: int = 1024
    username_length: int = 256
    password_length: int = 1024


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and a password as somebody typed them; nothing about them is verified."""

    username: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from, as far as it can be known.

    Attributes:
        address: Of the peer: an IPv4 or IPv6 address.
        name: The `client_id` that the client gave; unverified.
        user_agent: The header that the client sent; unverified.
    """

    address: str
    name: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class RawRequest:
    """One request to the token endpoint as it came over the wire, percent-decoded once.

    Attributes:
        authorization: The Authorization header; None where there is none.
        service: The `service` parameter; empty where there is none.
        scopes: Every `scope` parameter.
    """

    client: Client
    authorization: str | None = None
    service: str = ""
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """One well-formed request.

    Attributes:
        credentials: None for an anonymous request.
        service: One of the realm's services.
        scopes: One per resource, in the order of the request.
        dropped: Scopes outside the grammar; they grant nothing.
    """

    credentials: Credentials | None
    service: str
    scopes: tuple[Scope, ...]
    dropped: tuple[str, ...]


def read(raw: RawRequest, services: Sequence[str], limits: Limits) -> TokenRequest | Refusal:
    """Read a request against the services of a realm and the limits of the server."""
    credentials = read_authorization(raw.authorization, limits)
    if isinstance(credentials, Refusal):
        return credentials
    service = choose_service(raw.service, services)
    if isinstance(service, Refusal):
        return service
    refusal = _check_size(raw.scopes, limits)
    if refusal is not None:
        return refusal
    scopes, dropped = scope.parse_all(raw.scopes)
    if credentials is None and not scopes and not dropped:
        return Refusal(Code.CREDENTIALS_REQUIRED, "Log in with your directory user name and password.")
    return TokenRequest(credentials, service, scopes, dropped)


def choose_service(asked: str, services: Sequence[str]) -> str | Refusal:
    """Find the service that a request is for: named exactly, or left out where a realm has only one."""
    if asked in services:
        return asked
    if not asked and len(services) == 1:
        return services[0]
    if not asked:
        return Refusal(Code.UNKNOWN_SERVICE, "The request does not say which registry it is for (service).")
    return Refusal(
        Code.UNKNOWN_SERVICE,
        "The token server does not know this registry. "
        "Its 'service' setting and the token server's must be the same text.",
        detail=f"service asked for: {asked[:256]!r}",
    )


def read_authorization(header: str | None, limits: Limits) -> Credentials | Refusal | None:
    """Read an Authorization header (RFC 7617); None where there is none.

    UTF-8, or Latin-1 where it is not UTF-8; split at the first colon. Two headers, which a server joins with
    a comma, are refused: a comma is in no Base64.
    """
    if header is None:
        return None
    kind, _, encoded = header.strip().partition(" ")
    if kind.lower() != "basic":
        return _malformed("The token server takes a user name and a password (Basic), nothing else.")
    try:
        octets = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return _malformed("The Authorization header cannot be read.")
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
    username, colon, password = text.partition(":")
    if not colon:
        return _malformed("The Authorization header cannot be read.")
    return check_credentials(Credentials(username, Secret(password)), limits)


def check_credentials(credentials: Credentials, limits: Limits) -> Credentials | Refusal:
    """Refuse what must never reach a directory: nothing, NULs alone (RFC 4513 §5.1.2), and far too much."""
    if not credentials.username.strip("\0") or credentials.password.is_blank():
        return Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, detail="empty user name or password")
    if len(credentials.username.encode()) > limits.username_length:
        return Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, detail="user name over the limit")
    if len(credentials.password.octets()) > limits.password_length:
        return Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, detail="password over the limit")
    return credentials


def _check_size(scopes: Sequence[str], limits: Limits) -> Refusal | None:
    words = [word for parameter in scopes for word in parameter.split(" ") if word]
    if len(words) > limits.scopes:
        text = f"The request asks for {len(words)} scopes; the token server takes {limits.scopes} at once."
        return Refusal(Code.MALFORMED_REQUEST, text)
    if any(len(word) > limits.scope_length for word in words):
        text = f"A scope of the request is longer than {limits.scope_length} characters."
        return Refusal(Code.MALFORMED_REQUEST, text)
    return None


def _malformed(message: str) -> Refusal:
    return Refusal(Code.MALFORMED_CREDENTIALS, message)
