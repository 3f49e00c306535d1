"""The verifier itself: it takes what a registry takes, and names the one rule that a token breaks."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from tests.spec.verifier import Distribution3, Docker2, Registry, Rejected, libtrust_id, thumbprint, verify

NOW: Final = 1_800_000_000
ISSUER: Final = "https://auth.example.com"
SERVICE: Final = "registry.example.com"

# RFC 7638 §3.1: the key, and its thumbprint.
_N: Final = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
    "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgd"
    "AZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCu"
    "r-kEgU8awapJzKnqDKgw"
)
_THUMBPRINT: Final = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
_LIBTRUST: Final = "VUZD:EDHW:YWLN:RBFQ:KOA3:UVZ2:XKG5:2V2J:WTPI:6SRD:U6PZ:VCO5"

KEY: Final = ec.generate_private_key(ec.SECP256R1())


def certificate(key: Any) -> x509.Certificate:
    """Return a self-signed certificate of a key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    day = datetime.fromtimestamp(NOW, UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day + timedelta(days=1))
    return builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def pem(key: Any) -> bytes:
    """Return that certificate as a bundle of one."""
    return certificate(key).public_bytes(serialization.Encoding.PEM)


def good_claims() -> dict[str, Any]:
    """Return the claims of a token that every registry takes."""
    entry = {"type": "repository", "name": "a/b", "actions": ["pull"]}
    dates = {"exp": NOW + 300, "nbf": NOW - 10, "iat": NOW - 10}
    return {"iss": ISSUER, "sub": "", "aud": SERVICE, "jti": "1", "access": [entry]} | dates


def sign(claims: object, key: Any = KEY, algorithm: str = "ES256", **header: Any) -> str:
    """Sign whatever is given, with libtrust's id where the header names none."""
    fields = {"kid": libtrust_id(key.public_key())} | header
    return jwt.api_jws.encode(json.dumps(claims).encode(), key, algorithm, fields)


def check(token: str, registry: Registry, now: float = NOW) -> dict[str, Any]:
    """Verify as the sample registry."""
    return verify(token, registry, issuer=ISSUER, service=SERVICE, now=now)


def test_the_key_ids_of_a_published_key() -> None:
    """The key that RFC 7638 prints has the ids that the standard and libtrust give it."""
    numbers = rsa.RSAPublicNumbers(65537, int.from_bytes(base64.urlsafe_b64decode(_N + "=="), "big"))
    assert thumbprint(numbers.public_key()) == _THUMBPRINT
    assert libtrust_id(numbers.public_key()) == _LIBTRUST


@pytest.mark.parametrize(
    ("make", "algorithm"),
    [
        (lambda: ec.generate_private_key(ec.SECP256R1()), "ES256"),
        (lambda: ec.generate_private_key(ec.SECP384R1()), "ES384"),
        (lambda: ec.generate_private_key(ec.SECP521R1()), "ES512"),
        (lambda: rsa.generate_private_key(65537, 2048), "RS384"),
    ],
)
def test_both_registries_take_a_good_token(make: Callable[[], Any], algorithm: str) -> None:
    """2.8 by libtrust's id, 3.x by a bundle's thumbprint and by whatever id its JWK Set has."""
    key = make()
    public = key.public_key()
    assert check(sign(good_claims(), key, algorithm), Docker2(pem(key))) == good_claims()
    by_thumbprint = sign(good_claims(), key, algorithm, kid=thumbprint(public))
    assert check(by_thumbprint, Distribution3(bundle=pem(key))) == good_claims()
    jwk = jwt.algorithms.get_default_algorithms()[algorithm].to_jwk(public, as_dict=True)
    jwks = json.dumps({"keys": [dict(jwk) | {"kid": "any"}]}).encode()
    assert check(sign(good_claims(), key, algorithm, kid="any"), Distribution3(jwks)) == good_claims()


def test_ed25519_is_for_3_alone() -> None:
    """The library of 2.8 knows no such key."""
    key = ed25519.Ed25519PrivateKey.generate()
    token = sign(good_claims(), key, "EdDSA", kid=thumbprint(key.public_key()))
    assert check(token, Distribution3(bundle=pem(key)))
    with pytest.raises(Rejected, match="alg is one"):
        check(token, Docker2(pem(key)))


def test_the_ids_are_not_exchangeable() -> None:
    """2.8 finds no thumbprint, and 3.x with a bundle no libtrust id."""
    with pytest.raises(Rejected, match="kid is one of the trusted"):
        check(sign(good_claims(), kid=thumbprint(KEY.public_key())), Docker2(pem(KEY)))
    with pytest.raises(Rejected, match="kid is one of the trusted"):
        check(sign(good_claims()), Distribution3(bundle=pem(KEY)))


def test_x5c_comes_first_and_is_fatal() -> None:
    """A chain that leads to the bundle is taken; any other refuses a token whose kid would do."""
    own = certificate(KEY)
    bundle = own.public_bytes(serialization.Encoding.PEM)
    x5c = [base64.b64encode(own.public_bytes(serialization.Encoding.DER)).decode()]
    assert check(sign(good_claims(), x5c=x5c), Docker2(bundle))
    other = certificate(ec.generate_private_key(ec.SECP256R1()))
    stranger = [base64.b64encode(other.public_bytes(serialization.Encoding.DER)).decode()]
    for registry in (Docker2(bundle), Distribution3(bundle=bundle)):
        with pytest.raises(Rejected, match="x5c leads to a root"):
            check(sign(good_claims(), x5c=stranger), registry)
    with pytest.raises(Rejected, match="x5c leads to a root"):
        check(sign(good_claims(), x5c=x5c), Distribution3())


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("iss", "https://other.example.com", "iss is"),
        ("aud", "other", "aud is"),
        ("aud", [SERVICE], "aud is one text"),
        ("sub", None, "sub is one text"),
        ("jti", "", "jti is there"),
        ("exp", NOW + 0.5, "exp is an integer"),
        ("nbf", True, "nbf is an integer"),
        ("iat", str(NOW), "iat is an integer"),
        ("access", None, "access is a list"),
        ("access", [None], "never null"),
        ("access", [{"type": "repository", "name": None, "actions": []}], "type and name"),
        ("access", [{"type": "repository", "name": "a", "actions": None}], "actions are a list"),
        ("access", [{"type": "repository", "name": "a", "actions": [None]}], "an action is a text"),
    ],
)
def test_a_claim_that_no_registry_takes(name: str, value: object, rule: str) -> None:
    """One wrong claim, and the rule that it breaks."""
    with pytest.raises(Rejected, match=rule):
        check(sign(good_claims() | {name: value}), Docker2(pem(KEY)))


@pytest.mark.parametrize(("late", "taken"), [(-70, True), (-71, False), (360, True), (361, False)])
def test_a_minute_of_leeway(late: int, taken: bool) -> None:
    """The registry's clock may be wrong by 60 seconds at both ends, and no more."""
    if taken:
        assert check(sign(good_claims()), Docker2(pem(KEY)), NOW + late)
    else:
        with pytest.raises(Rejected, match=r"exp|nbf"):
            check(sign(good_claims()), Docker2(pem(KEY)), NOW + late)


def test_a_signature_of_somebody_else() -> None:
    """The name of a trusted key is no signature of it."""
    token = sign(good_claims(), ec.generate_private_key(ec.SECP256R1()), kid=libtrust_id(KEY.public_key()))
    with pytest.raises(Rejected, match="the signature"):
        check(token, Docker2(pem(KEY)))


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c.d", "e30=.e30.", "W10.e30.AA", "!.e30.AA"])
def test_what_is_no_token(token: str) -> None:
    """Anything else is rejected, never an error."""
    with pytest.raises(Rejected):
        check(token, Docker2(pem(KEY)))


def test_an_unsigned_token() -> None:
    """Nor is `none` an algorithm."""
    head, body, _ = sign(good_claims()).split(".")
    fields = json.loads(base64.urlsafe_b64decode(head + "==")) | {"alg": "none"}
    none = base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")
    with pytest.raises(Rejected, match="alg is one"):
        check(f"{none}.{body}.", Docker2(pem(KEY)))
