"""The self-signed certificate of a key."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from app.keys.algorithm import Algorithm
from app.keys.certificate import self_signed


@pytest.fixture
def certificate(ec_key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    """A certificate for the EC key."""
    return self_signed(ec_key, Algorithm.ES256, common_name="https://auth.example.com", now=now)


def test_it_is_of_the_key(certificate: x509.Certificate, ec_key: ec.EllipticCurvePrivateKey) -> None:
    """The certificate holds the key's public half and is signed with the key."""
    assert certificate.public_key() == ec_key.public_key()
    certificate.verify_directly_issued_by(certificate)


def test_its_subject(certificate: x509.Certificate) -> None:
    """The common name is the one that was asked for, and nothing else stands in the subject."""
    assert certificate.subject.rfc4514_string() == "CN=https://auth.example.com"


def test_a_long_common_name_is_cut(ec_key: ec.EllipticCurvePrivateKey, now: datetime) -> None:
    """An issuer that is longer than a common name may be still gets a certificate."""
    issuer = "https://auth.example.com/" + "a" * 100
    certificate = self_signed(ec_key, Algorithm.ES256, common_name=issuer, now=now)
    assert certificate.subject.rfc4514_string() == f"CN={issuer[:64]}"


def test_its_validity(certificate: x509.Certificate, now: datetime) -> None:
    """It is valid from a day before it was made, for about ten years."""
    assert certificate.not_valid_before_utc == now - timedelta(days=1)
    assert certificate.not_valid_after_utc == now + timedelta(days=3653)


def test_its_usage(certificate: x509.Certificate) -> None:
    """It is for signatures and for nothing else."""
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value == x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def test_its_subject_key_identifier(
    certificate: x509.Certificate, ec_key: ec.EllipticCurvePrivateKey
) -> None:
    """It carries the identifier of its key."""
    identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert identifier == x509.SubjectKeyIdentifier.from_public_key(ec_key.public_key())


def test_serial_numbers_differ(ec_key: ec.EllipticCurvePrivateKey, now: datetime) -> None:
    """Two certificates of one key have different serial numbers."""
    made = {self_signed(ec_key, Algorithm.ES256, common_name="a", now=now).serial_number for _ in range(2)}
    assert len(made) == 2


def test_rsa_signs_with_the_hash_of_its_algorithm(rsa_key: rsa.RSAPrivateKey, now: datetime) -> None:
    """The certificate of an RS384 key is signed with SHA-384: that is where the hash is kept."""
    certificate = self_signed(rsa_key, Algorithm.RS384, common_name="a", now=now)
    assert isinstance(certificate.signature_hash_algorithm, hashes.SHA384)


def test_ed25519_has_no_hash(ed25519_key: ed25519.Ed25519PrivateKey, now: datetime) -> None:
    """An Ed25519 key signs its certificate without a separate hash."""
    certificate = self_signed(ed25519_key, Algorithm.EDDSA, common_name="a", now=now)
    assert certificate.signature_hash_algorithm is None
