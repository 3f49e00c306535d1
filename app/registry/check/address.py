"""Where a registry sends clients for a token: whether they can use that address."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult

from app.registry.check.findings import RegistryFinding, Topic, shown
from app.urls import http_url


def judge_address(realm: str, expected: str) -> Iterator[RegistryFinding]:
    """Yield what is wrong with the address alone.

    Args:
        realm: What the registry says.
        expected: What it should say.
    """
    url = http_url(realm)
    if url is None:
        text = f"The registry sends clients to {shown(realm)}, which is no address of a token endpoint."
        yield RegistryFinding(Topic.REALM, text, registry={"realm": expected})
        return
    if url.scheme == "http" and not is_loopback(url):
        yield RegistryFinding(
            Topic.REALM,
            f"The realm {shown(realm)} is not encrypted: passwords can be read on their way.",
            registry={"realm": expected} if expected.startswith("https:") else {},
            advice="" if expected.startswith("https:") else "Give the realm an issuer with https://.",
        )
    if is_loopback(url):
        text = f"The realm {shown(realm)} is a loopback address: only clients on that machine reach it."
        yield RegistryFinding(Topic.REALM, text, is_warning=True)
    elif _address(url) is not None:
        text = (
            f"The realm {shown(realm)} is an IP address: certificates rarely fit one, and some clients "
            "(crane) refuse it where it is private."
        )
        yield RegistryFinding(Topic.REALM, text, is_warning=True)


def is_loopback(url: SplitResult) -> bool:
    """Whether a URL names the machine that asks for it."""
    address = _address(url)
    return url.hostname == "localhost" or (address is not None and address.is_loopback)


def _address(url: SplitResult) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(url.hostname or "")
    except ValueError:
        return None
