"""Addresses of HTTP servers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.urls import http_url


@given(st.text(alphabet="htps:/@\\ [].\u00e9\x1b01ab?#"))
def test_no_text_has_two_hosts(text: str) -> None:
    """Whatever is taken for an address names one host, and nothing before it or hidden in it."""
    url = http_url(text)
    if url is not None:
        assert url.hostname
        assert "@" not in url.netloc
        assert text.isascii()
        assert not {" ", "\\", "\x1b"} & set(text)


def test_an_address() -> None:
    """Scheme, host and port are what they say."""
    url = http_url("https://auth.example.com:8443/token?x=1")
    assert url is not None
    assert (url.scheme, url.hostname, url.port, url.path) == ("https", "auth.example.com", 8443, "/token")
