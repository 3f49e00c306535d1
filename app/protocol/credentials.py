"""Credentials as a client presents them: Basic (RFC 7617), or the grant of a POST (RFC 6749 §4.3 and §6).

What looks like a credential and is none is refused; it never makes the request an anonymous one.
"""

from __future__ import annotations

import base64
import binascii
import enum
from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import Code, Refusal
from app.protocol.secret import Secret

WRONG_CREDENTIALS = "The user name or password is wrong."
"""The one text for an unknown user, a wrong, an empty and a blank password."""
_UNREADABLE = "The Authorization header cannot be read."


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and a password as somebody typed them; nothing about them is verified."""

    username: str
    password: Secret


class GrantType(enum.StrEnum):
    """The grants that the token endpoint knows (Distribution, spec/auth/oauth)."""

    PASSWORD = "password"  # noqa: S105 - the name of a grant
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant


@dataclass(frozen=True, slots=True)
class Grant:
    """What a POST presents.

    Attributes:
        type: As sent; not necessarily one of `GrantType`.
        username: Empty where there is none.
        password: Blank where there is none.
    """

    type: str
    username: str
    password: Secret

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Grant:
        """Take a grant from the fields of a form."""
        return cls(
            fields.get("grant_type", ""), fields.get("username", ""), Secret(fields.get("password", ""))
        )


def read_basic(header: str | None) -> Credentials | Refusal | None:
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
        return _malformed(_UNREADABLE)
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
    username, colon, password = text.partition(":")
    return Credentials(username, Secret(password)) if colon else _malformed(_UNREADABLE)


def read_grant(grant: Grant, basic: Credentials | None, *, password_grant: bool) -> Credentials | Refusal:
    """Read the grant of a POST.

    Args:
        grant: What the form presents.
        basic: What the Authorization header presents beside it.
        password_grant: Whether the realm takes passwords by POST; where not, clients come again by GET.
    """
    refusal = _refuse_type(grant.type, password_grant=password_grant)
    if refusal is not None:
        return refusal
    presented = Credentials(grant.username, grant.password)
    if basic is None:
        return presented
    if not grant.username and not grant.password.reveal():
        return basic
    if presented != basic:
        return _malformed("The request presents two different logins.")
    return presented


def _refuse_type(grant_type: str, *, password_grant: bool) -> Refusal | None:
    """Return why a grant is not taken; None where it is."""
    if grant_type == GrantType.PASSWORD:
        text = "This realm takes user names and passwords by GET alone."
        return None if password_grant else Refusal(Code.PASSWORD_GRANT_OFF, text)
    if grant_type == GrantType.REFRESH_TOKEN:
        return Refusal(Code.INVALID_REFRESH_TOKEN, "The saved login is no longer valid. Log in again.")
    if not grant_type:
        return Refusal(Code.MALFORMED_REQUEST, "The request does not say what it presents (grant_type).")
    return Refusal(Code.UNSUPPORTED_GRANT, "The token server takes the grants password and refresh_token.")


def check(credentials: Credentials, *, username_length: int, password_length: int) -> Refusal | None:
    """Refuse what must never reach a directory: empty text, NULs alone (RFC 4513 §5.1.2), and far too much.

    Args:
        credentials: As presented.
        username_length: The most bytes of UTF-8 that a name may have.
        password_length: The most that a password may have.
    """
    detail = ""
    if not credentials.username.strip("\0") or credentials.password.is_blank():
        detail = "empty user name or password"
    elif len(credentials.username.encode()) > username_length:
        detail = "user name over the limit"
    elif len(credentials.password.octets()) > password_length:
        detail = "password over the limit"
    return Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, detail) if detail else None


def _malformed(message: str) -> Refusal:
    return Refusal(Code.MALFORMED_CREDENTIALS, message)
