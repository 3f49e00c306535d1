"""The signature algorithms, and which private key fits which."""

from __future__ import annotations

import enum

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from app.errors import UnfitError

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

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


_CURVES: dict[Algorithm, type[ec.EllipticCurve]] = {
    Algorithm.ES256: ec.SECP256R1,
    Algorithm.ES384: ec.SECP384R1,
    Algorithm.ES512: ec.SECP521R1,
}
_BY_CURVE = {curve().name: algorithm for algorithm, curve in _CURVES.items()}
_HASHES: dict[Algorithm, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    Algorithm.ES256: hashes.SHA256,
    Algorithm.ES384: hashes.SHA384,
    Algorithm.ES512: hashes.SHA512,
    Algorithm.RS256: hashes.SHA256,
    Algorithm.RS384: hashes.SHA384,
    Algorithm.RS512: hashes.SHA512,
}
_RSA = (Algorithm.RS256, Algorithm.RS384, Algorithm.RS512)


def hash_of(algorithm: Algorithm) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None:
    """Give the hash that the algorithm signs; none for EdDSA, which brings its own."""
    kind = _HASHES.get(algorithm)
    return kind() if kind else None


def fitting(private_key: object) -> tuple[PrivateKey, tuple[Algorithm, ...]]:
    """Say which algorithms a private key can be used with: one, but for RSA, which leaves the hash open.

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
    if algorithm is Algorithm.EDDSA:
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm in _RSA:
        return rsa.generate_private_key(_RSA_EXPONENT, RSA_MINIMUM_BITS)
    return _generate_ec(_CURVES[algorithm]())


def _generate_ec(curve: ec.EllipticCurve) -> ec.EllipticCurvePrivateKey:
    """Make an EC key neither of whose coordinates begins with a zero byte.

    Distribution 3.x drops leading zeros before it computes the RFC 7638 thumbprint of a bundled
    certificate's key, and so would look for the key under an id that is not its own.
    """
    full = (curve.key_size - 1) // 8 * 8
    while True:
        key = ec.generate_private_key(curve)
        point = key.public_key().public_numbers()
        if point.x >> full and point.y >> full:
            return key
