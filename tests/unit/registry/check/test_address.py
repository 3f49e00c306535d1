"""Whether clients can use the address that a registry sends them to."""

from __future__ import annotations

import pytest

from app.registry.check.address import judge_address
from tests.support.stand_in import REALM


@pytest.mark.parametrize(
    ("realm", "severity", "text"),
    [
        (REALM, None, ""),
        ("http://auth.example.com/token", "error", "not encrypted"),
        ("http://10.0.0.1/token", "error", "not encrypted"),
        ("https://10.0.0.1/token", "warning", "IP address"),
        ("https://[2001:db8::1]/token", "warning", "IP address"),
        ("http://127.0.0.1:5001/token", "warning", "loopback"),
        ("https://localhost/token", "warning", "loopback"),
        ("http://[::1]/token", "warning", "loopback"),
        ("", "error", "no address"),
        ("/auth/token", "error", "no address"),
        ("ftp://auth.example.com/", "error", "no address"),
        ("https://[::1", "error", "no address"),
        ("https://auth.example.com:99999/token", "error", "no address"),
        ("https://alice@auth.example.com/token", "error", "no address"),
        ("https://evil.example\\@auth.example.com/token", "error", "no address"),
        ("https://auth.example.com/to ken", "error", "no address"),
        ("https://auth.\texample.com/token", "error", "no address"),
        ("https://auth.ex\u00e4mple.com/token", "error", "no address"),
    ],
)
def test_the_address_of_the_realm(realm: str, severity: str | None, text: str) -> None:
    """The first thing that is wrong with it; what clients cannot use, or should not, is an error."""
    found = list(judge_address(realm, REALM))
    assert [each.severity for each in found][:1] == ([severity] if severity else [])
    assert all(text in each.text for each in found[:1])
