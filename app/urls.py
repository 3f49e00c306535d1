"""Addresses of HTTP servers, as people write them and as strangers send them."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

_HOST_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def http_url(text: str) -> SplitResult | None:
    """Parse a URL of whose host there are no two opinions; None where the text is no such one.

    Parsers of URLs differ over backslashes, what stands before an `@`, blanks and control characters: one
    takes for user and password what another takes for the host, and a password would go there.
    """
    if not text.isascii() or not text.isprintable() or {" ", "\\"} & set(text):
        return None
    try:
        url = urlsplit(text)
        usable = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return None
    return url if usable and "@" not in url.netloc else None


def web_origin(text: str) -> str | None:
    """Return an origin as browsers write it (HTML standard, §7.1.1); None where the text is no origin.

    They write scheme and host in small letters, an IPv6 address in its shortest form, and no port that
    the scheme has anyway. What stands behind the port is no part of it.
    """
    url = http_url(text)
    if url is None or url.path or set(text) & {"?", "#"}:
        return None
    host = url.hostname or ""
    written = _ipv6(host) if "[" in url.netloc else _ipv4_or_name(host)
    port = "" if url.port in (None, _DEFAULT_PORTS[url.scheme]) else f":{url.port}"
    return written and f"{url.scheme}://{written}{port}"


def _ipv6(host: str) -> str | None:
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        return None
    return None if address.scope_id or address.ipv4_mapped else f"[{address}]"


def _ipv4_or_name(host: str) -> str | None:
    """Return a host as it is; browsers take for an IPv4 address whatever ends in a number."""
    if _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            return None
    return host if _HOST_NAME.fullmatch(host) else None
