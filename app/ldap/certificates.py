"""What a certificate says, whether it can be verified or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate, of a server or our own.

    Attributes:
        names: The DNS names and addresses that it is valid for.
        not_after: When it ends (aware, UTC).
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_after: datetime


def read(encoded: bytes) -> Certificate | None:
    """Return a certificate (RFC 5280) from its DER form; None where it cannot be read."""
    try:
        return _of(x509.load_der_x509_certificate(encoded))
    except ValueError:
        return None


def read_file(path: Path) -> Certificate | None:
    """Return the first certificate of a file in PEM form; None where it cannot be read."""
    try:
        return _of(x509.load_pem_x509_certificate(path.read_bytes()))
    except (OSError, ValueError):
        return None


def _of(certificate: x509.Certificate) -> Certificate:
    """Raise ValueError where a part of it cannot be read."""
    subject = certificate.subject.rfc4514_string()
    issuer = certificate.issuer.rfc4514_string()
    not_after = certificate.not_valid_after_utc
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return Certificate(subject, issuer, (), not_after)
    names = found.get_values_for_type(x509.DNSName) + [
        str(each) for each in found.get_values_for_type(x509.IPAddress)
    ]
    return Certificate(subject, issuer, tuple(names), not_after)
