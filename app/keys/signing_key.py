"""One signing key, and what is derived from it once, so that a token costs little more than its signature."""

from __future__ import annotations

import base64
import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jwt
import orjson
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.keys import kid
from app.keys.algorithm import Algorithm, PrivateKey, PublicKey, fitting
from app.keys.kid import KeyId, KidFormat

_in_ascii = json.JSONEncoder(separators=(",", ":")).encode


class KeyState(enum.StrEnum):
    """The state of a key. It is published in every one."""

    ANNOUNCED = "announced"  # published so that registries learn it; signs nothing yet
    ACTIVE = "active"  # signs
    RETIRED = "retired"  # signs no more; published until its last token has expired


@dataclass(frozen=True, slots=True, eq=False)
class SigningKey:
    """A private key, its certificates and its ids.

    Attributes:
        name: The name its files have.
        state: Whether it signs, is about to, or did so.
        algorithm: The `alg` of its tokens, where a service does not want another.
        private_key: The key itself; never shown.
        certificates: The key's own certificate, then those that it chains to, if any.
        since: Since when it is in that state (aware, UTC); None where it lies in no folder.
        algorithms: All that it can sign with, the usual one first.
        libtrust: Its id as Distribution 2.x computes it.
        rfc7638: Its id as Distribution 3.x computes it.
        x5c: The certificates as RFC 7515 §4.1.6 has them.
    """

    name: str
    state: KeyState
    algorithm: Algorithm
    private_key: PrivateKey = field(repr=False)
    certificates: tuple[x509.Certificate, ...] = field(repr=False)
    since: datetime | None = field(default=None, repr=False)
    algorithms: tuple[Algorithm, ...] = field(init=False, repr=False)
    libtrust: str = field(init=False)
    rfc7638: str = field(init=False)
    x5c: tuple[str, ...] = field(init=False, repr=False)
    _signers: Mapping[Algorithm, tuple[jwt.algorithms.Algorithm, Any]] = field(init=False, repr=False)
    _headers: dict[tuple[KeyId, bool, Algorithm], bytes] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        algorithms = fitting(self.private_key)[1]
        signers = {each: jwt.get_algorithm_by_name(each) for each in algorithms}
        ders = (each.public_bytes(Encoding.DER) for each in self.certificates)
        derived = {
            "libtrust": kid.libtrust(self.public_key),
            "rfc7638": kid.rfc7638(self.public_key),
            "x5c": tuple(base64.b64encode(der).decode() for der in ders),
            "algorithms": algorithms,
            "_signers": {
                name: (signer, signer.prepare_key(self.private_key)) for name, signer in signers.items()
            },
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def public_key(self) -> PublicKey:
        """The half that everybody may have."""
        return self.private_key.public_key()

    def kid(self, kid_format: KeyId) -> str:
        """Return the key's id in a format."""
        match kid_format.format:
            case KidFormat.LIBTRUST:
                return self.libtrust
            case KidFormat.RFC7638:
                return self.rfc7638
            case KidFormat.LITERAL:
                return kid_format.literal

    @property
    def is_self_signed(self) -> bool:
        """Whether no authority signed its certificate."""
        return self.certificates[0].issuer == self.certificates[0].subject

    def sign(
        self,
        claims: Mapping[str, object],
        *,
        kid_format: KeyId,
        x5c: bool,
        algorithm: Algorithm | None = None,
    ) -> str:
        """Sign a claim set as a JWT in compact form (RFC 7519).

        The signature is PyJWT's. `jwt.encode` is not used, because it would build, encode and check the same
        header again for every token: a fifth to a third of the time of an ES256 or EdDSA token.

        Args:
            claims: What the token says; JSON values throughout.
            kid_format: Which id of the key stands in the header.
            x5c: Whether the certificates stand in the header; wrong for a registry that has a JWK Set only.
            algorithm: One of `algorithms`; the key's own where none is named.
        """
        algorithm = algorithm or self.algorithm
        signer, prepared = self._signers[algorithm]
        signing_input = self._header(kid_format, algorithm, x5c=x5c) + _segment(claims)
        signature = signer.sign(signing_input, prepared)
        return (signing_input + b"." + _encode(signature)).decode()

    def _header(self, kid_format: KeyId, algorithm: Algorithm, *, x5c: bool) -> bytes:
        """Return a token's first segment and its dot; cached, because a configuration has few formats."""
        known = self._headers.get((kid_format, x5c, algorithm))
        if known is None:
            header: dict[str, object] = {"typ": "JWT", "alg": algorithm, "kid": self.kid(kid_format)}
            if x5c:
                header["x5c"] = self.x5c
            known = self._headers[kid_format, x5c, algorithm] = _segment(header) + b"."
        return known


def _segment(value: Mapping[str, object]) -> bytes:
    octets = orjson.dumps(value)
    return _encode(octets if octets.isascii() else _in_ascii(value).encode())  # as PyJWT writes it


def _encode(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
