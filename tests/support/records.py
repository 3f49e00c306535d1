"""Records of requests, with what a test says of them."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, Final

from app.protocol.request import Client
from app.protocol.scope import Access, Scope, parse
from app.telemetry.record import TokenRecord

NOW: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)


def client(address: str = "192.0.2.1", name: str = "", user_agent: str = "") -> Client:
    """Return where a request comes from; an empty address is an unknown one."""
    return Client(ip_address(address) if address else None, name, user_agent)


def token_record(**changed: Any) -> TokenRecord:
    """Return the record of a token; keywords replace fields of it."""
    known: dict[str, Any] = {
        "time": NOW,
        "request_id": "id-1",
        "realm": "demo",
        "outcome": "issued",
        "client": client(),
    }
    return TokenRecord(**(known | changed))


def scopes(*texts: str) -> tuple[Scope, ...]:
    """Parse scopes, every one of which is well-formed."""
    return tuple(_scope(text) for text in texts)


def access(*texts: str) -> tuple[Access, ...]:
    """Return what is granted where these scopes are."""
    return tuple(Access(each.type, each.name, tuple(sorted(each.actions))) for each in scopes(*texts))


def _scope(text: str) -> Scope:
    parsed = parse(text)
    assert parsed is not None, text
    return parsed
