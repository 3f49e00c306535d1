"""What a registry does with a token, written from the registries' own rules and without a line of ours.

Distribution 2.8 (registry/auth/token/token.go, with libtrust) and 3.x (the same file, with go-jose) take a
token by the rules below; `Docker2` and `Distribution3` are stricter where Go's JSON would be lenient, as
other registries' is not. Where a rule is broken, `Rejected` says which.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

LEEWAY_SECONDS: Final = 60

_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
_CURVES: Final = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}
_RSA: Final = frozenset({"RS256", "RS384", "RS512"})
_LIBTRUST: Final = _RSA | frozenset(_CURVES)
_STRINGS: Final = ("iss", "sub", "aud", "jti")
_DATES: Final = ("exp", "nbf", "iat")


class Rejected(Exception):  # noqa: N818 - reads as what happened
    """A registry would not take the token; the text says which rule it breaks."""


class Registry(Protocol):
    """One registry's way to find the key of a token."""

    @property
    def algorithms(self) -> frozenset[str]:
        """What it verifies."""

    def key(self, header: Mapping[str, Any]) -> Any:
        """Find the public key that a header names.

        Raises:
            Rejected: It trusts none of that kind.
        """


@dataclass(frozen=True, slots=True)
class Docker2:
    """Distribution 2.8 with a `rootcertbundle`: keys by libtrust's fingerprint, or by `x5c`."""

    bundle: bytes
    algorithms: frozenset[str] = _LIBTRUST

    def key(self, header: Mapping[str, Any]) -> Any:
        certificates = x509.load_pem_x509_certificates(self.bundle)
        if "x5c" in header:
            return _chained(header["x5c"], certificates)
        known = {libtrust_id(each.public_key()): each.public_key() for each in certificates}
        return _named(known, header)


@dataclass(frozen=True, slots=True)
class Distribution3:
    """Distribution 3.x: keys by the literal `kid` of its `jwks`, or a bundle's by RFC 7638's thumbprint."""

    jwks: bytes = b'{"keys":[]}'
    bundle: bytes = b""
    algorithms: frozenset[str] = _LIBTRUST | {"EdDSA"}

    def key(self, header: Mapping[str, Any]) -> Any:
        certificates = x509.load_pem_x509_certificates(self.bundle) if self.bundle else []
        if "x5c" in header:
            return _chained(header["x5c"], certificates)
        known = {thumbprint(each.public_key()): each.public_key() for each in certificates}
        known |= {jwk["kid"]: _public_key(jwk) for jwk in json.loads(self.jwks)["keys"]}
        return _named(known, header)


def verify(token: str, registry: Registry, *, issuer: str, service: str, now: float) -> dict[str, Any]:
    """Take a token as a registry would, and return its claims.

    Args:
        token: In the compact serialization (RFC 7515 §7.1).
        registry: Which registry.
        issuer: Its `issuer` setting.
        service: Its `service` setting.
        now: The time on its clock, in seconds since the epoch.

    Raises:
        Rejected: It would not take it.
    """
    parts = token.split(".")
    _want(len(parts) == 3, "a token has three parts")
    header, claims = _object(parts[0]), _object(parts[1])
    _want(header.get("typ") == "JWT", "typ is JWT")
    _want(isinstance(header.get("kid"), str) and bool(header["kid"]), "kid is a text")
    _want(header.get("alg") in registry.algorithms, "alg is one that the registry knows")
    _verify_signature(header["alg"], registry.key(header), ".".join(parts[:2]).encode(), _decode(parts[2]))
    _check_shape(claims)
    _want(claims["iss"] == issuer, "iss is the registry's issuer")
    _want(claims["aud"] == service, "aud is the registry's service")
    _want(now <= claims["exp"] + LEEWAY_SECONDS, "exp is not over")
    _want(now >= claims["nbf"] - LEEWAY_SECONDS, "nbf has come")
    return claims


def libtrust_id(key: Any) -> str:
    """Return libtrust's fingerprint of a public key: 30 bytes of SHA-256 over its DER, in 12 groups of 4."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = base64.b32encode(hashlib.sha256(der).digest()[:30]).decode("ascii")
    return ":".join(text[4 * group : 4 * group + 4] for group in range(12))


def thumbprint(key: Any) -> str:
    """Return the thumbprint of a public key (RFC 7638 §3), as go-jose has it."""
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        text = f'{{"e":"{_encode(_octets(numbers.e))}","kty":"RSA","n":"{_encode(_octets(numbers.n))}"}}'
    elif isinstance(key, ec.EllipticCurvePublicKey):
        size = (key.curve.key_size + 7) // 8
        point = key.public_numbers()
        x, y = (_encode(each.to_bytes(size, "big")) for each in (point.x, point.y))
        text = f'{{"crv":"P-{key.curve.key_size}","kty":"EC","x":"{x}","y":"{y}"}}'
    else:
        text = f'{{"crv":"Ed25519","kty":"OKP","x":"{_encode(key.public_bytes_raw())}"}}'
    return _encode(hashlib.sha256(text.encode("ascii")).digest())


def _want(holds: bool, rule: str) -> None:
    if not holds:
        raise Rejected(rule)


def _decode(text: str) -> bytes:
    _want("=" not in text, "base64url without padding")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise Rejected("base64url") from None


def _encode(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode("ascii").rstrip("=")


def _octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(_decode(text).decode("utf-8"))
    except ValueError:
        raise Rejected("header and claims are JSON") from None
    _want(isinstance(found, dict), "header and claims are JSON objects")
    return dict(found)


def _named(known: Mapping[str, Any], header: Mapping[str, Any]) -> Any:
    _want(header["kid"] in known, "kid is one of the trusted keys'")
    return known[header["kid"]]


def _chained(x5c: Any, roots: list[x509.Certificate]) -> Any:
    """Return the key of the first certificate, which must be a root or lead to one (RFC 7515 §4.1.6)."""
    _want(isinstance(x5c, list) and bool(x5c), "x5c is a list of certificates")
    chain = [x509.load_der_x509_certificate(base64.b64decode(each, validate=True)) for each in x5c]
    for at, certificate in enumerate(chain):
        if certificate in roots or any(_is_issued_by(certificate, root) for root in roots):
            return chain[0].public_key()
        _want(chain[at + 1 :] != [] and _is_issued_by(certificate, chain[at + 1]), "x5c leads to a root")
    raise Rejected("x5c leads to a root")


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _public_key(jwk: Mapping[str, str]) -> Any:
    if jwk["kty"] == "RSA":
        e, n = (int.from_bytes(_decode(jwk[name]), "big") for name in "en")
        return rsa.RSAPublicNumbers(e, n).public_key()
    if jwk["kty"] == "EC":
        curve = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}[jwk["crv"]]
        x, y = (int.from_bytes(_decode(jwk[name]), "big") for name in "xy")
        return ec.EllipticCurvePublicNumbers(x, y, curve).public_key()
    return ed25519.Ed25519PublicKey.from_public_bytes(_decode(jwk["x"]))


def _verify_signature(algorithm: str, key: Any, signed: bytes, signature: bytes) -> None:
    try:
        if algorithm in _RSA and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), _HASHES[algorithm[2:]])
        elif algorithm in _CURVES and isinstance(key, ec.EllipticCurvePublicKey):
            _want(key.curve.name == _CURVES[algorithm], "alg goes with the curve of the key")
            half = (key.curve.key_size + 7) // 8
            _want(len(signature) == 2 * half, "the signature is r and s (RFC 7518 §3.4)")
            r, s = (int.from_bytes(each, "big") for each in (signature[:half], signature[half:]))
            key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(_HASHES[algorithm[2:]]))
        elif algorithm == "EdDSA" and isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
        else:
            raise Rejected("alg goes with the kind of the key")
    except InvalidSignature:
        raise Rejected("the signature is the key's") from None


def _check_shape(claims: Mapping[str, Any]) -> None:
    for name in _STRINGS:
        _want(isinstance(claims.get(name), str), f"{name} is one text")
    for name in _DATES:
        _want(type(claims.get(name)) is int, f"{name} is an integer")
    _want(bool(claims["jti"]), "jti is there")
    _want(isinstance(claims.get("access"), list), "access is a list")
    for entry in claims["access"]:
        _want(isinstance(entry, dict), "an entry of access is an object, never null")
        _want(all(isinstance(entry.get(name), str) for name in ("type", "name")), "type and name are texts")
        _want(isinstance(entry.get("actions"), list), "actions are a list")
        _want(all(isinstance(action, str) for action in entry["actions"]), "an action is a text")
