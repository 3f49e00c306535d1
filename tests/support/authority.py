"""A site's certificate authority: a root that registries trust, and an intermediate that certifies keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from app.keys.algorithm import PublicKey

_VALID = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority of two levels.

    Attributes:
        root: What registries are given to trust.
        intermediate: What stands between the root and the keys.
    """

    root: x509.Certificate
    intermediate: x509.Certificate
    _key: ec.EllipticCurvePrivateKey

    @classmethod
    def make(cls, now: datetime) -> Self:
        """Make one."""
        root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root_name, name = _name("Example root"), _name("Example keys")
        root = _certificate(root_key.public_key(), root_name, root_name, root_key, now, is_authority=True)
        between = _certificate(key.public_key(), name, root_name, root_key, now, is_authority=True)
        return cls(root, between, key)

    @property
    def pems(self) -> tuple[bytes, bytes]:
        """The root and the intermediate, each of which a registry may have in its `rootcertbundle`."""
        return self.root.public_bytes(Encoding.PEM), self.intermediate.public_bytes(Encoding.PEM)

    def certify(self, key: PublicKey, now: datetime, valid: timedelta = _VALID) -> bytes:
        """Return the certificate of a key, then the intermediate's, as PEM."""
        name = self.intermediate.subject
        leaf = _certificate(key, _name("tokens"), name, self._key, now, valid=valid, is_authority=False)
        return leaf.public_bytes(Encoding.PEM) + self.intermediate.public_bytes(Encoding.PEM)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    key: PublicKey,
    name: x509.Name,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    *,
    is_authority: bool,
    valid: timedelta = _VALID,
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + valid)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
