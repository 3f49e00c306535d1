"""The signature algorithms, and which private key fits which."""

from __future__ import annotations

import enum
from contextlib import suppress
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from app.errors import UnfitError

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
Hash = hashes.SHA256 | hashes.SHA384 | hashes.SHA512

RSA_MINIMUM_BITS = 2048
_RSA_EXPONENT = 65537


class Algorithm(enum.StrEnum):
    """The `alg` of a token (RFC 7518 §3.1, RFC 8037 §3.1)."""

    ES256 = "ES256"
    ES384 = "ES384"
    ES512 = "ES512"
    RS256 = "RS256"
    RS384 = "RS384"
    RS512 = "RS512"
    EDDSA = "EdDSA"


@dataclass(frozen=True, slots=True)
class _Facts:
    """What one algorithm is made of.

    Attributes:
        hash: What is signed; None for EdDSA, which hashes by itself.
        curve: Of its keys; None for RSA.
        jwk_curve: The name of that curve in a JWK (RFC 7518 §6.2.1.1, RFC 8037 §2); empty for RSA.
    """

    hash: type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512] | None = None
    curve: type[ec.EllipticCurve] | None = None
    jwk_curve: str = ""


_FACTS = {
    Algorithm.ES256: _Facts(hashes.SHA256, ec.SECP256R1, "P-256"),
    Algorithm.ES384: _Facts(hashes.SHA384, ec.SECP384R1, "P-384"),
    Algorithm.ES512: _Facts(hashes.SHA512, ec.SECP521R1, "P-521"),
    Algorithm.RS256: _Facts(hashes.SHA256),
    Algorithm.RS384: _Facts(hashes.SHA384),
    Algorithm.RS512: _Facts(hashes.SHA512),
    Algorithm.EDDSA: _Facts(jwk_curve="Ed25519"),
}
_RSA = tuple(each for each in Algorithm if not _FACTS[each].jwk_curve)
_BY_CURVE = {facts.curve().name: each for each, facts in _FACTS.items() if facts.curve is not None}
BUNDLED = frozenset(Algorithm) - {Algorithm.EDDSA}
"""What Distribution 2.8 verifies; it does not start with a certificate of another algorithm in its bundle."""


def hash_of(algorithm: Algorithm) -> Hash | None:
    """Return the hash that the algorithm signs; None for EdDSA, which hashes by itself."""
    found = _FACTS[algorithm].hash
    return found() if found else None


def jwk_curve(public_key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> str:
    """Return the name of a key's curve in a JWK."""
    if isinstance(public_key, ed25519.Ed25519PublicKey):
        return _FACTS[Algorithm.EDDSA].jwk_curve
    return _FACTS[_BY_CURVE[public_key.curve.name]].jwk_curve


def rsa_algorithm(certificate: x509.Certificate) -> Algorithm | None:
    """Return the RSA algorithm with the hash that a certificate was signed with; None where there is none."""
    with suppress(UnsupportedAlgorithm):
        signed = type(certificate.signature_hash_algorithm)
        return next((each for each in _RSA if _FACTS[each].hash is signed), None)
    return None


def fitting(private_key: object) -> tuple[PrivateKey, tuple[Algorithm, ...]]:
    """Return which algorithms a private key can be used with: one, but for RSA, which leaves the hash open.

    Returns:
        The same key, known to be of a kind that signs tokens, and its algorithms, the usual one first.

    Raises:
        UnfitError: No algorithm may use this key.
    """
    match private_key:
        case rsa.RSAPrivateKey(key_size=bits) if bits < RSA_MINIMUM_BITS:
            raise UnfitError(
                f"is an RSA key of {bits} bits, too short to be trusted",
                f"use {RSA_MINIMUM_BITS} bits or more",
            )
        case rsa.RSAPrivateKey():
            return private_key, _RSA
        case ec.EllipticCurvePrivateKey(curve=curve) if curve.name in _BY_CURVE:
            return private_key, (_BY_CURVE[curve.name],)
        case ec.EllipticCurvePrivateKey(curve=curve):
            raise UnfitError(
                f"is an EC key on the curve {curve.name}, which no token algorithm uses",
                "use P-256, P-384 or P-521",
            )
        case ed25519.Ed25519PrivateKey():
            return private_key, (Algorithm.EDDSA,)
        case _:
            raise UnfitError("is a key of a kind that cannot sign tokens", "use EC, RSA or Ed25519")


def generate(algorithm: Algorithm) -> PrivateKey:
    """Make a new private key for an algorithm."""
    curve = _FACTS[algorithm].curve
    if algorithm is Algorithm.EDDSA:
        return ed25519.Ed25519PrivateKey.generate()
    if curve is None:
        return rsa.generate_private_key(_RSA_EXPONENT, RSA_MINIMUM_BITS)
    while True:
        key = ec.generate_private_key(curve())
        if has_full_coordinates(key.public_key()):
            return key


def has_full_coordinates(public_key: ec.EllipticCurvePublicKey) -> bool:
    """Whether neither coordinate of a key begins with a zero byte.

    Distribution 3.x drops leading zeros before it computes the RFC 7638 thumbprint of a bundled
    certificate's key, and so looks for such a key under an id that is not its own.
    """
    point, full = public_key.public_numbers(), (public_key.key_size - 1) // 8 * 8
    return bool(point.x >> full and point.y >> full)
