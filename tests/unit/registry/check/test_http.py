"""Requests to registries and realms: what bounds them."""

from __future__ import annotations

import contextlib
import functools
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.registry.check.http import Http, Unreachable


class _Answers(BaseHTTPRequestHandler):
    def __init__(self, seen: list[tuple[str, str]], *args: Any) -> None:
        self.seen = seen
        super().__init__(*args)

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Authorization", "")))
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        with contextlib.suppress(OSError):  # the client hangs up on what is too long
            self.wfile.write(b"x" * (10_000_000 if self.path == "/long" else 3))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextlib.contextmanager
def _serving(context: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    seen: list[tuple[str, str]] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Answers, seen)) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            scheme = "https" if context else "http"
            yield f"{scheme}://127.0.0.1:{server.server_port}", seen
        finally:
            server.shutdown()
            thread.join()


def test_no_redirect_is_followed_and_no_answer_is_read_without_end() -> None:
    """A token would go along with the one, and memory with the other."""
    with _serving() as (url, seen):
        moved = Http(None).get(f"{url}/moved", {"Authorization": "Bearer x"})
        assert (moved.status, moved.headers["location"]) == (302, "/elsewhere")
        assert seen == [("/moved", "Bearer x")]
        assert len(Http(None).get(f"{url}/long").body) == 64 * 1024


def test_nobody_there() -> None:
    """The text says who, and why, and nothing of our insides."""
    with pytest.raises(Unreachable, match=r"^127\.0\.0\.1:1 does not answer: .*refused") as caught:
        Http(None).get("http://127.0.0.1:1/v2/")
    assert " object at 0x" not in str(caught.value)


def test_a_certificate_is_verified(tmp_path: Path) -> None:
    """By the system's authorities, and those of --ca-file."""
    context, certificate = _self_signed(tmp_path)
    with _serving(context) as (url, seen):
        with pytest.raises(Unreachable, match="certificate verify failed"):
            Http(None).get(url, {"Authorization": "Bearer x"})
        assert seen == []
        assert Http(certificate).get(url).status == 200


def _self_signed(folder: Path) -> tuple[ssl.SSLContext, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "server.crt", folder / "server.key"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return context, certificate
