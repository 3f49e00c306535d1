"""Where a registry sends clients for a token: whether they can use that address."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult

from app.protocol.request import Address
from app.registry.check.findings import RegistryFinding, Topic, shown
from app.urls import http_url

Resolve = Callable[[str], Sequence[Address]]
"""Returns the addresses of a name; none where it has none, or cannot be resolved here."""

_AUTOREDIRECT_PATH = "/auth/token"
_AUTOREDIRECT = (
    "The registry has `autoredirect: true`, by which it sends clients to /auth/token at its own host, "
    "whatever its `realm` is."
)


@dataclass(frozen=True, slots=True)
class RealmAddress:
    """The address that a registry names, and what it should be.

    Attributes:
        realm: What the registry says.
        expected: What it should say.
        registry: The registry's own address.
    """

    realm: str
    expected: str
    registry: str

    @property
    def is_redirected(self) -> bool:
        """Whether the registry names itself, as Distribution does with `autoredirect: true`."""
        url, own = http_url(self.realm), http_url(self.registry)
        if url is None or own is None or self.realm == self.expected:
            return False
        return url.hostname == own.hostname and url.path == _AUTOREDIRECT_PATH

    @property
    def change(self) -> Mapping[str, object]:
        """The setting of the registry to change; none where it names the right address."""
        if self.realm == self.expected:
            return {}
        return {"autoredirect": False} if self.is_redirected else {"realm": self.expected}

    @property
    def advice(self) -> str:
        """What to say beside the change."""
        return _AUTOREDIRECT if self.is_redirected else ""


def judge_address(named: RealmAddress, resolve: Resolve) -> Iterator[RegistryFinding]:
    """Yield what is wrong with the address alone, for all clients, then for some."""
    realm, url = named.realm, http_url(named.realm)
    if url is None:
        text = f"The registry sends clients to {shown(realm)}, which is no address of a token endpoint."
        yield RegistryFinding(Topic.REALM, text, registry={"realm": named.expected})
        return
    if url.scheme == "http" and not is_loopback(url):
        can_be_changed = named.expected.startswith("https:")
        yield RegistryFinding(
            Topic.REALM,
            f"The realm {shown(realm)} is not encrypted: passwords can be read on their way.",
            registry=named.change if can_be_changed else {},
            advice=named.advice if can_be_changed else "Give the realm an issuer with https://.",
        )
    for text in _refusals(url, named, resolve):
        yield RegistryFinding(Topic.REALM, f"The realm {shown(realm)} {text}.", is_warning=True)


def _refusals(url: SplitResult, named: RealmAddress, resolve: Resolve) -> Iterator[str]:
    """Yield why some clients do not use an address."""
    literal, host, own = _literal(url), url.hostname or "", http_url(named.registry)
    if is_loopback(url):
        yield "is a loopback address: only clients on that machine reach it"
    elif literal is not None:
        yield "is an IP address: certificates rarely fit one"
    if literal is not None and literal.is_private and (own is None or host != own.hostname):
        yield "is a private IP address, which crane and cosign refuse unless the registry has the same host"
    if own is not None and own.scheme == "https" and url.scheme == "http":
        yield "is not encrypted and the registry is, which crane, cosign and oras refuse"
    if own is not None and host != own.hostname:
        found = [literal] if literal is not None else resolve(host)
        if any(each.is_loopback or each.is_link_local for each in found):
            yield (
                "leads to a loopback or link-local address, which oras refuses unless the registry has the "
                "same host name"
            )


def is_loopback(url: SplitResult) -> bool:
    """Whether a URL names the machine that asks for it."""
    literal = _literal(url)
    return url.hostname == "localhost" or (literal is not None and literal.is_loopback)


def _literal(url: SplitResult) -> Address | None:
    try:
        return ip_address(url.hostname or "")
    except ValueError:
        return None
