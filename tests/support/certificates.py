"""Certificates of servers, good ones and bad ones, by a throw-away authority."""

from __future__ import annotations

import enum
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY: Final = timedelta(days=1)


class Kind(enum.Enum):
    """What is wrong with a certificate."""

    GOOD = "good"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    WRONG_HOST = "wrong host"
    COMMON_NAME_ONLY = "common name only"
    UNKNOWN_AUTHORITY = "unknown authority"
    SELF_SIGNED = "self-signed"
    FOR_CLIENTS = "for clients"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files of one server certificate.

    Attributes:
        ca_file: What a client is to trust; for some kinds it is not what has signed.
        file: The server's certificate.
        key_file: Its key, readable by its owner only.
    """

    ca_file: Path
    file: Path
    key_file: Path


@dataclass(frozen=True, slots=True)
class _Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def make(folder: Path, *hosts: str, kind: Kind = Kind.GOOD) -> Certificate:
    """Make a certificate for some names or addresses, with its authority, in a folder that is made."""
    folder.mkdir(parents=True, exist_ok=True)
    trusted = _authority("Sample CA")
    signs = _authority("Another CA") if kind is Kind.UNKNOWN_AUTHORITY else trusted
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _server(key, hosts, kind, signs)
    made = Certificate(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    made.ca_file.write_bytes(trusted.certificate.public_bytes(Encoding.PEM))
    made.file.write_bytes(certificate.public_bytes(Encoding.PEM))
    made.key_file.touch(mode=0o600)
    made.key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made


def _authority(name: str) -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, name, key, -_DAY, 400 * _DAY)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs=True), critical=True)
    builder = builder.add_extension(
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
    )
    return _Authority(builder.sign(key, hashes.SHA256()), key)


def _server(
    key: ec.EllipticCurvePrivateKey, hosts: tuple[str, ...], kind: Kind, authority: _Authority
) -> x509.Certificate:
    start, end = {
        Kind.EXPIRED: (-10 * _DAY, -_DAY),
        Kind.NOT_YET_VALID: (_DAY, 10 * _DAY),
    }.get(kind, (-_DAY, 300 * _DAY))
    if kind is Kind.WRONG_HOST:
        hosts = ("other.example.com",)
    issuer = hosts[0] if kind is Kind.SELF_SIGNED else _common_name(authority.certificate)
    builder = _builder(hosts[0], issuer, key, start, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs=False), critical=True)
    purpose = ExtendedKeyUsageOID.CLIENT_AUTH if kind is Kind.FOR_CLIENTS else ExtendedKeyUsageOID.SERVER_AUTH
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    if kind is not Kind.COMMON_NAME_ONLY:
        names = x509.SubjectAlternativeName([_name(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    if kind is Kind.SELF_SIGNED:
        return builder.sign(key, hashes.SHA256())
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    return builder.add_extension(identifier, critical=False).sign(authority.key, hashes.SHA256())


def _builder(
    subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, start: timedelta, end: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_common(subject))
        .issuer_name(_common(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + start)
        .not_valid_after(now + end)
    )


def _common(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _common_name(certificate: x509.Certificate) -> str:
    (found,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found.value)


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
