"""Whether clients can use the address that a registry sends them to."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from app.registry.check.address import RealmAddress, judge_address
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
    found = list(judge_address(RealmAddress(realm, REALM, "https://registry.example.com"), lambda _: ()))
    assert [each.severity for each in found][:1] == ([severity] if severity else [])
    assert all(text in each.text for each in found[:1])


@pytest.mark.parametrize(
    ("realm", "registry", "expected"),
    [
        (REALM, "https://registry.example.com", []),
        ("http://127.0.0.1:5001/token", "http://127.0.0.1:5000", ["is a loopback"]),
        (
            "http://127.0.0.1:5001/token",
            "http://localhost:5000",
            ["is a loopback", "crane and cosign", "oras refuses"],
        ),
        ("https://10.0.0.1/token", "https://registry.example.com", ["rarely fit", "crane and cosign"]),
        ("https://10.0.0.1/token", "https://10.0.0.1", ["rarely fit"]),
        ("https://[2001:4860:4860::8888]/token", "https://registry.example.com", ["certificates rarely fit"]),
        ("http://localhost:5001/token", "http://localhost:5000", ["is a loopback"]),
        ("http://localhost:5001/token", "http://127.0.0.1:5000", ["is a loopback", "oras refuses"]),
        ("https://home.example.com/token", "https://registry.example.com", ["oras refuses"]),
        (
            "http://localhost:5001/token",
            "https://localhost:5000",
            ["is a loopback", "crane, cosign and oras"],
        ),
    ],
)
def test_what_some_clients_refuse(realm: str, registry: str, expected: list[str]) -> None:
    """IP addresses that are private; loopback under another name than the registry's; no TLS, unlike it."""
    names = {"localhost": "127.0.0.1", "home.example.com": "169.254.1.1", "auth.example.com": "203.0.113.7"}
    found = list(judge_address(RealmAddress(realm, realm, registry), lambda name: [ip_address(names[name])]))
    assert all(each.is_warning for each in found)
    assert len(found) == len(expected)
    assert all(part in each.text for part, each in zip(expected, found, strict=True))


@pytest.mark.parametrize(
    ("realm", "change"),
    [
        (REALM, {}),
        ("https://other.example.com/auth/token", {"realm": REALM}),
        ("https://registry.example.com/token", {"realm": REALM}),
        ("https://registry.example.com/auth/token", {"autoredirect": False}),
        ("http://registry.example.com:5000/auth/token", {"autoredirect": False}),
    ],
)
def test_what_to_change(realm: str, change: dict[str, object]) -> None:
    """A registry that names itself does not look at its `realm`."""
    assert RealmAddress(realm, REALM, "https://registry.example.com").change == change
