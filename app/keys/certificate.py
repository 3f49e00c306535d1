"""Certificates of keys: self-signed ones, and whether two are of one authority.

Distribution's `rootcertbundle` takes keys as certificates. A self-signed one proves nothing; a registry
trusts it because an administrator put it there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.x509.oid import NameOID

from app.keys.algorithm import Algorithm, PrivateKey, hash_of

_BACK_DATED = timedelta(days=1)  # the clock of a registry may be behind ours
_VALID = timedelta(days=3653)  # ten years: keys are changed by rotation, never by a date that nobody watches
_COMMON_NAME_LIMIT = 64  # X.520's upper bound, RFC 5280 appendix A.1


def self_signed(
    private_key: PrivateKey, algorithm: Algorithm, *, common_name: str, now: datetime
) -> x509.Certificate:
    """Make the certificate of a key.

    Args:
        private_key: The key, which also signs.
        algorithm: The algorithm of the key's tokens; the certificate is signed with the same.
        common_name: For people who look at the certificate; cut where it is too long for one.
        now: With a time zone; the certificate is valid from a day before until ten years after.
    """
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:_COMMON_NAME_LIMIT])])
    public_key = private_key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACK_DATED)
        .not_valid_after(now + _VALID)
        .add_extension(_for_signatures_only(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .sign(private_key, hash_of(algorithm))
    )


def _for_signatures_only() -> x509.KeyUsage:
    return x509.KeyUsage(
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


def is_by_same_authority(one: x509.Certificate, other: x509.Certificate) -> bool:
    """Whether one key of an authority signed both: an authority may change its key and keep its name."""
    signer = _signer(one)
    return one == other or (signer is not None and one.issuer == other.issuer and signer == _signer(other))


def _signer(certificate: x509.Certificate) -> bytes | None:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return None
    return extension.value.key_identifier
