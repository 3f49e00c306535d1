"""The client's address behind proxies: believed from trusted proxies only.

Each proxy appends the address of its own peer, so the list is read from its end, and only as far as the
proxies that wrote it are trusted. One header is read, the one that the site's proxies set: they pass the
other one on as the client sent it.
"""

from __future__ import annotations

import functools
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
_LONGEST, _KEPT = 64, 4096
"""Addresses that are kept parsed, and the characters of the longest of these."""
HEADERS = ("X-Forwarded-For", "Forwarded")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What a trusted proxy wrote is no address, so that nobody knows where the request comes from.

    Attributes:
        proxy: Which; None is the peer of a Unix socket.
    """

    proxy: Address | None


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
    header: str = HEADERS[0]

    def trust(self, address: Address | None) -> bool:
        """Whether an address is a trusted proxy's; None is that of a Unix socket's peer."""
        if address is None:
            return self.unix
        return any(address in network for network in self.networks)

    def client_address(self, peer: Address | None, headers: Headers) -> Address | Unreadable | None:
        """Find the client's address; None for the peer of a Unix socket, which has none.

        Args:
            peer: Of the connection; None for a Unix socket.
            headers: Of the request.
        """
        address = peer
        written = self._written(headers) if self.trust(address) else iter(())
        for _ in range(self.hops):
            nearer = next(written, None) if self.trust(address) else None
            if nearer is None:
                break
            proxy, address = address, parse(nearer)
            if address is None:
                return Unreadable(proxy)
        return address

    def _written(self, headers: Headers) -> Iterator[str]:
        """Yield what the proxies wrote of their peers, the last one first; empty where that is nothing."""
        values = ",".join(headers.getlist(self.header))
        if self.header != "Forwarded":
            yield from (element for element in reversed(values.split(",")) if element.strip())
        elif not _BALANCED.fullmatch(values):
            yield ""  # a quote that the client left open swallows what the proxies wrote
        else:
            for element in reversed(_ELEMENT.findall(values)):
                if element.strip():
                    found = _FOR.search(element.strip())
                    yield found.group(1).strip('"') if found else ""


def parse(text: str) -> Address | None:
    """Read an address, with or without a port and brackets; None where it is none.

    IPv4 within IPv6 becomes IPv4, so that one address is never two.
    """
    return _parse(text) if len(text) > _LONGEST else _known(text)


def _parse(text: str) -> Address | None:
    found = _WITH_PORT.fullmatch(text.strip())
    bare = (found.group("bracketed") or found.group("plain") or "") if found else text.strip()
    try:
        parsed = ip_address(bare)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


_known = functools.lru_cache(_KEPT)(_parse)
