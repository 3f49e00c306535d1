"""What a key signs, and that it keeps its secret."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from app.keys import kid
from app.keys.algorithm import Algorithm, PrivateKey, generate
from app.keys.kid import KeyId
from app.keys.signing_key import KeyState, SigningKey

MakeKey = Callable[[PrivateKey, Algorithm], SigningKey]

CLAIMS = {"iss": "https://auth.example.com", "sub": "zoë", "aud": "registry.example.com", "access": []}


@pytest.fixture(scope="session")
def key(make_key: MakeKey, ec_key: ec.EllipticCurvePrivateKey) -> SigningKey:
    """An ES256 key."""
    return make_key(ec_key, Algorithm.ES256)


def _decode(token: str, key: SigningKey) -> dict[str, object]:
    options: jwt.types.Options = {"verify_aud": False}
    return jwt.decode(token, key.public_key, algorithms=[key.algorithm], options=options)


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.ES384, Algorithm.ES512, Algorithm.EDDSA])
def test_a_token_verifies(algorithm: Algorithm, make_key: MakeKey) -> None:
    """A token of each algorithm verifies with the public key and says what was signed."""
    key = make_key(generate(algorithm), algorithm)
    assert _decode(key.sign(CLAIMS, kid_format=kid.LIBTRUST, x5c=False), key) == CLAIMS


@pytest.mark.parametrize("algorithm", [Algorithm.RS256, Algorithm.RS384, Algorithm.RS512])
def test_an_rsa_token_verifies(algorithm: Algorithm, make_key: MakeKey, rsa_key: rsa.RSAPrivateKey) -> None:
    """One RSA key serves each hash."""
    key = make_key(rsa_key, algorithm)
    assert _decode(key.sign(CLAIMS, kid_format=kid.RFC7638, x5c=False), key) == CLAIMS


def test_another_key_does_not_verify(
    key: SigningKey, make_key: MakeKey, ed25519_key: ed25519.Ed25519PrivateKey
) -> None:
    """A token does not verify with a key that did not sign it."""
    token = make_key(ed25519_key, Algorithm.EDDSA).sign(CLAIMS, kid_format=kid.LIBTRUST, x5c=False)
    with pytest.raises(jwt.InvalidTokenError):
        _decode(token, key)


def test_the_token_is_the_one_of_pyjwt(make_key: MakeKey, ed25519_key: ed25519.Ed25519PrivateKey) -> None:
    """With a deterministic signature, payload and signing differ from `jwt.encode` in no byte."""
    key = make_key(ed25519_key, Algorithm.EDDSA)
    token = key.sign(CLAIMS, kid_format=kid.LIBTRUST, x5c=False)
    headers = {"typ": "JWT", "alg": "EdDSA", "kid": key.libtrust}
    expected = jwt.api_jws.PyJWS().encode(
        json.dumps(CLAIMS, separators=(",", ":")).encode(),
        ed25519_key,
        "EdDSA",
        headers=headers,
        sort_headers=False,
    )
    assert token == expected


@settings(deadline=None)
@given(st.text(), st.lists(st.fixed_dictionaries({"type": st.text(), "actions": st.lists(st.text())})))
def test_any_claims_survive(key: SigningKey, subject: str, access: list[dict[str, object]]) -> None:
    """Whatever text stands in a claim, the reader of the token sees the same."""
    claims = {"sub": subject, "access": access}
    assert _decode(key.sign(claims, kid_format=kid.LIBTRUST, x5c=False), key) == claims


@pytest.mark.parametrize(("kid_format", "attribute"), [(kid.LIBTRUST, "libtrust"), (kid.RFC7638, "rfc7638")])
def test_the_header_without_x5c(key: SigningKey, kid_format: KeyId, attribute: str) -> None:
    """The header has exactly `typ`, `alg` and the `kid` of the format asked for."""
    header = jwt.get_unverified_header(key.sign(CLAIMS, kid_format=kid_format, x5c=False))
    assert header == {"typ": "JWT", "alg": "ES256", "kid": getattr(key, attribute)}


def test_a_literal_kid(key: SigningKey) -> None:
    """A literal key id stands in the header as it is."""
    token = key.sign(CLAIMS, kid_format=KeyId.parse("literal:my-kid"), x5c=False)
    assert jwt.get_unverified_header(token)["kid"] == "my-kid"


def test_x5c_where_asked(key: SigningKey) -> None:
    """`x5c` holds the certificates in standard base64 DER, and only where it is asked for."""
    header = jwt.get_unverified_header(key.sign(CLAIMS, kid_format=kid.LIBTRUST, x5c=True))
    assert set(header) == {"typ", "alg", "kid", "x5c"}
    (only,) = header["x5c"]
    assert x509.load_der_x509_certificate(base64.b64decode(only, validate=True)) == key.certificates[0]


def test_formats_do_not_mix(key: SigningKey) -> None:
    """A header that was kept for one format is never used for another."""
    formats = [kid.LIBTRUST, kid.RFC7638, KeyId.parse("literal:a"), KeyId.parse("literal:b")]
    kids = [
        jwt.get_unverified_header(key.sign(CLAIMS, kid_format=each, x5c=x5c))["kid"]
        for _ in range(2)
        for x5c in (True, False)
        for each in formats
    ]
    assert kids == [key.libtrust, key.rfc7638, "a", "b"] * 4


def test_repr_shows_no_key(key: SigningKey) -> None:
    """What a traceback or a log would show of a key is its name, state, algorithm and ids."""
    assert repr(key) == (
        f"SigningKey(name='first', state={KeyState.ACTIVE!r}, algorithm={Algorithm.ES256!r}, "
        f"libtrust='{key.libtrust}', rfc7638='{key.rfc7638}')"
    )


@pytest.mark.parametrize("algorithm", [Algorithm.RS256, Algorithm.RS384, Algorithm.RS512])
def test_the_algorithm_of_a_service(
    make_key: MakeKey, rsa_key: rsa.RSAPrivateKey, algorithm: Algorithm
) -> None:
    """An RSA key signs with the hash that a service wants, whatever its own is."""
    key = make_key(rsa_key, Algorithm.RS256)
    token = key.sign(CLAIMS, kid_format=kid.LIBTRUST, x5c=False, algorithm=algorithm)
    assert jwt.get_unverified_header(token)["alg"] == algorithm
    found = jwt.decode(token, rsa_key.public_key(), algorithms=[algorithm], audience="registry.example.com")
    assert found == CLAIMS
    assert jwt.get_unverified_header(key.sign(CLAIMS, kid_format=kid.LIBTRUST, x5c=False))["alg"] == "RS256"
