"""The client's address behind proxies: believed from trusted proxies only.

Each proxy appends the address of its own peer, so the list is read from its end, and only as far as the
proxies that said it are trusted. One header is read, the one that the site's proxies set: another is passed
on by them as the client sent it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

from werkzeug.datastructures import Headers

from app.protocol.request import Address

_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_BALANCED = re.compile(r'(?:[^"]|"(?:[^"\\]|\\.)*")*')
_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)', re.IGNORECASE)
_WITH_PORT = re.compile(r"\[(?P<bracketed>[^\]]*)\](?::\d+)?|(?P<plain>\d+\.\d+\.\d+\.\d+):\d+")
UNIX = "unix"
"""Stands among the trusted proxies for whatever connects to a Unix socket."""


@dataclass(frozen=True, slots=True)
class Proxies:
    """Which proxies are believed.

    Attributes:
        networks: Where they are.
        unix: Whether the peer of a Unix socket is one.
        hops: How many of them a request passes at most.
        header: `X-Forwarded-For` or `Forwarded` (RFC 7239).
    """

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    unix: bool = False
    hops: int = 1
    header: str = "X-Forwarded-For"

    def trust(self, address: Address | None) -> bool:
        """Whether an address is a trusted proxy's; None is that of a Unix socket's peer."""
        if address is None:
            return self.unix
        return any(address in network for network in self.networks)

    def client_address(self, peer: Address | None, headers: Headers) -> Address | None:
        """Find the client's address; None where a trusted proxy does not say it properly.

        Args:
            peer: Of the connection; None for a Unix socket.
            headers: Of the request.
        """
        address = peer
        said = self._said(headers) if self.trust(address) else iter(())
        for _ in range(self.hops):
            if not self.trust(address):
                break
            nearer = next(said, None)
            if nearer is None:
                break
            address = parse(nearer)
            if address is None:
                return None
        return address

    def _said(self, headers: Headers) -> Iterator[str]:
        """Yield what the proxies said of their peers, the last one first."""
        values = ",".join(headers.getlist(self.header))
        if self.header == "Forwarded" and not _BALANCED.fullmatch(values):
            yield ""  # a quote that the client left open swallows what the proxies said
            return
        elements = [found.group().strip() for found in _ELEMENT.finditer(values)]
        for element in reversed(elements):
            if self.header == "Forwarded":
                found = _FOR.search(element)
                yield found.group(1).strip('"') if found else ""
            else:
                yield element


def parse(text: str) -> Address | None:
    """Read an address, with or without a port and brackets; None where it is none.

    IPv4 within IPv6 becomes IPv4, so that one address is never two.
    """
    found = _WITH_PORT.fullmatch(text.strip())
    bare = (found.group("bracketed") or found.group("plain") or "") if found else text.strip()
    try:
        parsed = ip_address(bare)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed
