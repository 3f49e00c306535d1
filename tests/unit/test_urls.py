"""Addresses of HTTP servers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.urls import http_url, web_origin


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


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://ui.example.com", "https://ui.example.com"),
        ("HTTPS://UI.Example.com:443", "https://ui.example.com"),
        ("http://ui.example.com:80", "http://ui.example.com"),
        ("http://ui.example.com:443", "http://ui.example.com:443"),
        ("https://ui.example.com:8443", "https://ui.example.com:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://10.0.0.5:8080", "http://10.0.0.5:8080"),
        ("http://[2001:DB8:0:0::1]:8080", "http://[2001:db8::1]:8080"),
        ("https://ui.example.com.", "https://ui.example.com."),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(text: str, origin: str) -> None:
    """They compare the header letter by letter: small letters, no default port, addresses in one form."""
    assert web_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        *("", "*", "null", "https://*", "https://*.example.com", "ui.example.com", "https://"),
        *("https://ui.example.com/", "https://ui.example.com/ui", "https://ui.example.com?", "https://x#"),
        *("https://alice:secret@ui.example.com", "https://ui.example.com,https://b", "ftp://ui.example.com"),
        *(
            "file:///ui",
            "https://ui.example.com:0",
            "https://ui.example.com:70000",
            "https://ui .example.com",
        ),
        *("https://bücher.example.com", "https://10.1", "https://0x7f.0.0.0x1", "https://1.2.3.4.5"),
        *(
            "https://[::1%25lo]",
            "https://[::ffff:1.2.3.4]",
            "https://[v1.x]",
            "https://[1.2.3.4]",
            "https://::1",
        ),
        *("https://a..b", "https://.a", "https://%61"),
    ],
)
def test_what_browsers_never_send_is_no_origin(text: str) -> None:
    """It would be equal to nothing, or be meant as more than one."""
    assert web_origin(text) is None


@given(st.text(alphabet="htps:/@[].*a1:?#%"))
def test_an_origin_stays_what_it_is(text: str) -> None:
    """What was written once is not written otherwise again."""
    origin = web_origin(text)
    assert origin is None or web_origin(origin) == origin
