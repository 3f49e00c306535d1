"""What is published of a ring's keys."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from app.keys import jwks, kid
from app.keys.algorithm import Algorithm, PrivateKey
from app.keys.signing_key import SigningKey

MakeKey = Callable[[PrivateKey, Algorithm], SigningKey]


@pytest.fixture(scope="session")
def keys(
    make_key: MakeKey,
    ec_key: ec.EllipticCurvePrivateKey,
    rsa_key: rsa.RSAPrivateKey,
    ed25519_key: ed25519.Ed25519PrivateKey,
) -> list[SigningKey]:
    """A key of each type."""
    return [
        make_key(ec_key, Algorithm.ES256),
        make_key(rsa_key, Algorithm.RS384),
        make_key(ed25519_key, Algorithm.EDDSA),
    ]


def test_every_key_stands_under_both_ids(keys: list[SigningKey]) -> None:
    """A registry finds each key by its libtrust id and by its RFC 7638 id, in the order published."""
    kids = [member["kid"] for member in json.loads(jwks.jwk_set(keys))["keys"]]
    assert kids == [key_id for key in keys for key_id in (key.libtrust, key.rfc7638)]


def test_members(keys: list[SigningKey]) -> None:
    """Each member says type, use, algorithm, id, key and certificate, and holds nothing private."""
    members = [set(member) for member in json.loads(jwks.jwk_set(keys))["keys"][::2]]
    common = {"kty", "use", "alg", "kid", "x5c"}
    assert members == [common | {"crv", "x", "y"}, common | {"n", "e"}, common | {"crv", "x"}]


def test_use_and_algorithm(keys: list[SigningKey]) -> None:
    """Each key is for signatures, of its own algorithm."""
    members = json.loads(jwks.jwk_set(keys))["keys"]
    assert [(member["use"], member["alg"]) for member in members[::2]] == [
        ("sig", "ES256"),
        ("sig", "RS384"),
        ("sig", "EdDSA"),
    ]


@pytest.mark.parametrize("kid_format", [kid.LIBTRUST, kid.RFC7638])
def test_a_token_verifies_by_its_kid(keys: list[SigningKey], kid_format: kid.KeyId) -> None:
    """Who has only the published set verifies a token of each key with what stands under its `kid`."""
    published = jwt.PyJWKSet.from_json(jwks.jwk_set(keys).decode())
    for key in keys:
        token = key.sign({"sub": "alice"}, kid_format=kid_format, x5c=False)
        found = published[jwt.get_unverified_header(token)["kid"]]
        assert jwt.decode(token, found, algorithms=[key.algorithm]) == {"sub": "alice"}


def test_x5c(keys: list[SigningKey]) -> None:
    """The first certificate of `x5c` is that of the key."""
    for member, key in zip(json.loads(jwks.jwk_set(keys))["keys"][::2], keys, strict=True):
        assert base64.b64decode(member["x5c"][0]) == key.certificates[0].public_bytes(Encoding.DER)


def test_bundle(keys: list[SigningKey]) -> None:
    """The bundle holds the keys' certificates in the order published, but for EdDSA, which stops 2.8."""
    certificates = x509.load_pem_x509_certificates(jwks.pem_bundle(keys))
    assert certificates == [key.certificates[0] for key in keys[:2]]


def test_bundle_without_authorities(keys: list[SigningKey]) -> None:
    """An authority that a key's certificate chains to is no root of a registry's trust."""
    (own,), (authority,) = keys[0].certificates, keys[1].certificates
    key = dataclasses.replace(keys[0], certificates=(own, authority))
    assert len(key.x5c) == 2
    assert x509.load_pem_x509_certificates(jwks.pem_bundle([key])) == [own]
