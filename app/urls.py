"""Addresses of HTTP servers, as people write them and as strangers send them."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


def http_url(text: str) -> SplitResult | None:
    """Parse a URL of whose host there are no two opinions; None where the text is no such one.

    Parsers of URLs differ over backslashes, what stands before an `@`, blanks and control characters: one
    takes for user and password what another takes for the host, and a password would go there.
    """
    if not text.isascii() or not text.isprintable() or {" ", "\\"} & set(text):
        return None
    try:
        url = urlsplit(text)
        usable = url.scheme in ("http", "https") and bool(url.hostname) and (url.port or 1) > 0
    except ValueError:
        return None
    return url if usable and "@" not in url.netloc else None
