"""Key ids: by them a registry finds, among the keys it trusts, the one that signed a token.

Distribution 2.x knows a key by libtrust's fingerprint, Distribution 3.x by the thumbprint of RFC 7638;
a registry that is given a JWK Set goes by whatever `kid` stands there.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import json
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.errors import UnfitError
from app.keys.algorithm import PublicKey, jwk_curve

_LIBTRUST_BYTES = 30
_LIBTRUST_GROUP = 4


class KidFormat(enum.StrEnum):
    """Where the `kid` of a token comes from."""

    LIBTRUST = "libtrust"
    RFC7638 = "rfc7638"
    LITERAL = "literal"


@dataclass(frozen=True, slots=True)
class KeyId:
    """Which `kid` a service's tokens carry.

    Attributes:
        format: How the id is made.
        literal: The id itself where the format is `LITERAL`, else empty.
    """

    format: KidFormat
    literal: str = ""

    @classmethod
    def parse(cls, text: str) -> KeyId:
        """Read `libtrust`, `rfc7638` or `literal:ID`, as the configuration file has it.

        Raises:
            UnfitError: The text is none of these.
        """
        name, colon, literal = text.partition(":")
        if name == KidFormat.LITERAL and literal:
            return cls(KidFormat.LITERAL, literal)
        if name in (KidFormat.LIBTRUST, KidFormat.RFC7638) and not colon:
            return cls(KidFormat(name))
        raise UnfitError(f"{text!r} is no key id format", "write `libtrust`, `rfc7638` or `literal:ID`")

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        return f"{self.format}:{self.literal}" if self.format is KidFormat.LITERAL else str(self.format)


LIBTRUST = KeyId(KidFormat.LIBTRUST)
RFC7638 = KeyId(KidFormat.RFC7638)


def libtrust(public_key: PublicKey) -> str:
    """Return libtrust's fingerprint: 240 bits of SHA-256 over the SubjectPublicKeyInfo, as `ABCD:EFGH:…`."""
    info = public_key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    text = base64.b32encode(hashlib.sha256(info).digest()[:_LIBTRUST_BYTES]).decode()
    return ":".join(text[at : at + _LIBTRUST_GROUP] for at in range(0, len(text), _LIBTRUST_GROUP))


def rfc7638(public_key: PublicKey) -> str:
    """Return the SHA-256 thumbprint of the key as a JWK (RFC 7638 §3), base64url without padding."""
    canonical = json.dumps(required_members(public_key), separators=(",", ":"), sort_keys=True)
    return base64url(hashlib.sha256(canonical.encode()).digest())


def required_members(public_key: PublicKey) -> dict[str, str]:
    """Return the members of a JWK that make it this key (RFC 7638 §3.2, RFC 8037 §2)."""
    if isinstance(public_key, rsa.RSAPublicKey):
        numbers = public_key.public_numbers()
        return {"kty": "RSA", "n": _minimal(numbers.n), "e": _minimal(numbers.e)}
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        point = public_key.public_numbers()
        # RFC 7518 §6.2.1.2: a coordinate keeps its leading zeros.
        width = (public_key.key_size + 7) // 8
        return {
            "kty": "EC",
            "crv": jwk_curve(public_key),
            "x": base64url(point.x.to_bytes(width, "big")),
            "y": base64url(point.y.to_bytes(width, "big")),
        }
    return {"kty": "OKP", "crv": jwk_curve(public_key), "x": base64url(public_key.public_bytes_raw())}


def base64url(data: bytes) -> str:
    """Encode as RFC 7515 §2 has it: the URL-safe alphabet, no padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _minimal(number: int) -> str:
    return base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))
