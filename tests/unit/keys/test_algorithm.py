"""Which keys fit which algorithms, and what new keys look like."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from app.errors import UnfitError
from app.keys import kid
from app.keys.algorithm import Algorithm, fitting, generate, hash_of, rsa_algorithm
from app.keys.certificate import self_signed
from tests.unit.conftest import KEY_TIME

# The smallest multiples of P-256's generator with a zero byte in front of x, and of y.
_ZERO_X, _ZERO_Y = 379, 43


@pytest.mark.parametrize(
    ("curve", "algorithm"),
    [
        (ec.SECP256R1(), Algorithm.ES256),
        (ec.SECP384R1(), Algorithm.ES384),
        (ec.SECP521R1(), Algorithm.ES512),
    ],
)
def test_a_curve_has_one_algorithm(curve: ec.EllipticCurve, algorithm: Algorithm) -> None:
    """An EC key signs with the algorithm of its curve and no other."""
    assert fitting(ec.generate_private_key(curve))[1] == (algorithm,)


def test_ed25519_signs_eddsa(ed25519_key: ed25519.Ed25519PrivateKey) -> None:
    """An Ed25519 key signs with EdDSA."""
    assert fitting(ed25519_key)[1] == (Algorithm.EDDSA,)


def test_rsa_leaves_the_hash_open(rsa_key: rsa.RSAPrivateKey) -> None:
    """An RSA key can sign with each hash, with SHA-256 by default."""
    assert fitting(rsa_key)[1] == (Algorithm.RS256, Algorithm.RS384, Algorithm.RS512)


def test_a_short_rsa_key_does_not_fit(short_rsa_key: rsa.RSAPrivateKey) -> None:
    """An RSA key under 2048 bits is refused."""
    with pytest.raises(UnfitError, match="is an RSA key of 1024 bits, too short to be trusted"):
        fitting(short_rsa_key)


@pytest.mark.parametrize(
    "key", [ed448.Ed448PrivateKey.generate(), ec.generate_private_key(ec.SECP256K1()), b"no key"]
)
def test_other_keys_do_not_fit(key: object) -> None:
    """Other curves and other kinds of key are refused."""
    with pytest.raises(UnfitError):
        fitting(key)


@pytest.mark.parametrize("algorithm", [each for each in Algorithm if each not in ("RS384", "RS512")])
def test_a_generated_key_fits(algorithm: Algorithm) -> None:
    """A key that is made for an algorithm can be used with it."""
    assert fitting(generate(algorithm))[1][0] is algorithm


@pytest.mark.parametrize("scalar", [_ZERO_X, _ZERO_Y])
def test_no_coordinate_begins_with_a_zero_byte(scalar: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key whose x or y begins with a zero byte is thrown away, and another one is made."""
    good = ec.derive_private_key(1, ec.SECP256R1())
    made = iter([ec.derive_private_key(scalar, ec.SECP256R1()), good])
    monkeypatch.setattr(ec, "generate_private_key", lambda _curve: next(made))
    assert generate(Algorithm.ES256) is good


def test_a_full_p521_coordinate_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """P-521's first byte holds a single bit: a key is good where both coordinates have it set."""

    def keys() -> Iterator[ec.EllipticCurvePrivateKey]:
        for scalar in range(1, 1000):
            yield ec.derive_private_key(scalar, ec.SECP521R1())

    made = keys()
    monkeypatch.setattr(ec, "generate_private_key", lambda _curve: next(made))
    key = generate(Algorithm.ES512)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    point = key.public_key().public_numbers()
    assert (point.x >> 520, point.y >> 520) == (1, 1)


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_every_algorithm_is_known_everywhere(algorithm: Algorithm) -> None:
    """A key of each can be made, signs a certificate, has a JWK, and is told apart by its certificate."""
    key = generate(algorithm)
    certificate = self_signed(key, algorithm, common_name="k", now=KEY_TIME)
    if algorithm.startswith("RS"):
        assert rsa_algorithm(certificate) is algorithm
    assert kid.required_members(key.public_key())["kty"]
    assert type(certificate.signature_hash_algorithm) is type(hash_of(algorithm))
