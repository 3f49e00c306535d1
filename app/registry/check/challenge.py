"""What a registry answers without a token: its challenge (RFC 6750 §3), its kind and its clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from app.registry.agreement import RegistryKind
from app.registry.check.http import Response

_PARAMETER = re.compile(r'([A-Za-z_]+)="((?:[^"\\]|\\.)*)"')
_DISTRIBUTIONS_WORDS = b'"authentication required"'
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Challenge:
    """Where a registry sends clients for a token.

    Attributes:
        realm: The address of the token endpoint.
        service: What it calls itself.
        error: Why a token was refused; empty where none was there, or the registry does not say.
        scope: What a token would have to grant; None where that is not said.
    """

    realm: str
    service: str
    error: str = ""
    scope: str | None = None

    @classmethod
    def parse(cls, header: str) -> Challenge | None:
        """Read a `WWW-Authenticate` header; None where it is none for a token."""
        scheme, _, rest = header.strip().partition(" ")
        if scheme.lower() != "bearer":
            return None
        found: dict[str, str] = {}
        for name, value in _PARAMETER.findall(rest):
            found.setdefault(name.lower(), _ESCAPED.sub(r"\1", value))
        return cls(
            found.get("realm", ""), found.get("service", ""), found.get("error", ""), found.get("scope")
        )


def kind_of(answer: Response, challenge: Challenge) -> RegistryKind | None:
    """Return the kind of a registry by its answer without a token; None where nothing tells it.

    Distribution 3.x dropped the charset from its errors. Others send the same headers, such as Pulp, but have
    other words in their errors. zot's challenge has an empty scope.
    """
    if challenge.scope == "":
        return RegistryKind.ZOT
    if "docker-distribution-api-version" not in answer.headers or _DISTRIBUTIONS_WORDS not in answer.body:
        return None
    match answer.headers.get("content-type", "").replace(" ", ""):
        case "application/json;charset=utf-8":
            return RegistryKind.DISTRIBUTION2
        case "application/json":
            return RegistryKind.DISTRIBUTION3
    return None


def clock_of(answer: Response) -> datetime | None:
    """Return the time on the registry's clock (aware, UTC); None where it does not say."""
    try:
        told = parsedate_to_datetime(answer.headers.get("date", ""))
        return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
