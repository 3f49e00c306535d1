"""One request, with its limits: no redirect is followed, and no answer is read beyond 64 KiB."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, LocationValueError

from app.tls import verifying_context

_CONNECT_SECONDS, _READ_SECONDS = 5.0, 10.0
_MOST_BYTES = 64 * 1024


class Unreachable(Exception):  # noqa: N818 - named after the state
    """There was no answer; the text says why."""


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a request.

    Attributes:
        headers: By lower-case name; the first of each.
        body: Its first 64 KiB.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient(Protocol):
    """What sends requests."""

    def get(self, url: str, headers: Mapping[str, str]) -> Response:
        """Send a GET request.

        Raises:
            Unreachable: There was no answer.
        """

    def delete(self, url: str) -> Response:
        """Send a DELETE request.

        Raises:
            Unreachable: There was no answer.
        """


def addresses_of(name: str) -> tuple[IPv4Address | IPv6Address, ...]:
    """Return the addresses of a name; none where it has none, or cannot be resolved here."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(ip_address(str(each[4][0]).partition("%")[0]) for each in found)


class Http:
    """Sends requests, with TLS verified, to one address after the other."""

    def __init__(self, ca_file: Path | None) -> None:
        """Prepare to send requests; sends none.

        Args:
            ca_file: Certificates of authorities to trust beside the system's.

        Raises:
            OSError: The file cannot be read, or holds none.
        """
        context = verifying_context(ca_file, beside_system=True)
        timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS)
        self._pools = urllib3.PoolManager(ssl_context=context, timeout=timeout, retries=False)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """Send a GET request.

        Raises:
            Unreachable: There was no answer.
        """
        return self._send("GET", url, headers or {})

    def delete(self, url: str) -> Response:
        """Send a DELETE request without any right to it, to see which one is asked for.

        Raises:
            Unreachable: There was no answer.
        """
        return self._send("DELETE", url, {})

    def _send(self, method: str, url: str, headers: Mapping[str, str]) -> Response:
        try:
            response = self._pools.request(
                method, url, headers=dict(headers), redirect=False, preload_content=False
            )
            body = response.read(_MOST_BYTES, decode_content=False)
            if len(body) == _MOST_BYTES:
                response.close()  # what may be left is not read, so the connection serves no other request
        except (HTTPError, LocationValueError, UnicodeError) as error:
            raise Unreachable(_reason(url, error)) from None
        found: dict[str, str] = {}
        for name, value in response.headers.items():
            found.setdefault(name.lower(), value)
        return Response(response.status, found, body)


def _reason(url: str, error: Exception) -> str:
    """Return why there was no answer, escaped: the address may come from anybody."""
    cause = error.__cause__ or error.__context__ or error
    return ascii(f"{urlsplit(url).netloc} does not answer: {cause}")[1:-1]
