"""The claim set of a token (RFC 7519; Distribution, spec/auth/jwt). Times and ids are passed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.protocol.scope import Access, Action

MIN_LIFETIME = timedelta(seconds=60)
"""Clients take a shorter lifetime as 60 s and then present expired tokens."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long tokens live.

    Attributes:
        default: Of a token that grants no push.
        push: Of a token that grants push anywhere: a big layer outlives a short token.
        backdate: How far `iat` and `nbf` lie before now, for registries whose clock is behind.
    """

    default: timedelta = timedelta(minutes=5)
    push: timedelta = timedelta(minutes=15)
    backdate: timedelta = timedelta(seconds=10)

    def of(self, access: Sequence[Access]) -> timedelta:
        """Return the lifetime, counted from now, of a token with this access."""
        pushes = any(Action.PUSH in entry.actions for entry in access)
        return max(self.push if pushes else self.default, MIN_LIFETIME)


@dataclass(frozen=True, slots=True)
class ClaimSet:
    """What a token says.

    Attributes:
        subject: The canonical subject; empty for anonymous.
        audience: The service.
        token_id: Unique; the request id.
    """

    issuer: str
    subject: str
    audience: str
    issued_at: datetime
    not_before: datetime
    expires_at: datetime
    token_id: str
    access: tuple[Access, ...]

    def to_json(self) -> Mapping[str, object]:
        """Return the JSON object: `aud` a string, dates integers (both required by Distribution 2.8)."""
        return {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": self.audience,
            "exp": int(self.expires_at.timestamp()),
            "nbf": int(self.not_before.timestamp()),
            "iat": int(self.issued_at.timestamp()),
            "jti": self.token_id,
            "access": [
                {"type": entry.type.value, "name": entry.name, "actions": list(entry.actions)}
                for entry in self.access
            ],
        }


def claim_set(
    *,
    issuer: str,
    subject: str,
    service: str,
    access: tuple[Access, ...],
    lifetimes: Lifetimes,
    now: datetime,
    token_id: str,
) -> ClaimSet:
    """Make the claim set of a token that is issued now (aware, UTC)."""
    start = now - lifetimes.backdate
    return ClaimSet(
        issuer=issuer,
        subject=subject,
        audience=service,
        issued_at=start,
        not_before=start,
        expires_at=now + lifetimes.of(access),
        token_id=token_id,
        access=access,
    )
