"""What an operator is told of keys that do not suit their registries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from app.keys import kid
from app.keys.algorithm import Algorithm, PrivateKey
from app.keys.fitness import Service, all_warnings, certificate_problems, problems, warnings
from app.keys.keyring import KeyRing, load
from app.keys.kid import KeyId
from app.keys.signing_key import KeyState, SigningKey
from tests.support.authority import Authority

MakeKey = Callable[[PrivateKey, Algorithm], SigningKey]
PutKey = Callable[..., Path]

PLAIN = {"registry.example.com": Service(kid.LIBTRUST)}
CHAINED = {"registry.example.com": Service(kid.LIBTRUST, x5c=True)}
_SCALARS = [
    (ec.SECP256R1(), 1, (379, 43)),
    (ec.SECP384R1(), 1, (197, 176)),
    (ec.SECP521R1(), 3, (1, 9)),
]
"""Private keys neither of whose coordinates is short, and those of which X is, and Y."""
LITERAL = {"registry.example.com": Service(KeyId.parse("literal:k1"))}


@pytest.fixture
def key(make_key: MakeKey, rsa_key: rsa.RSAPrivateKey) -> SigningKey:
    """Return an active key of which there is nothing to say."""
    return make_key(rsa_key, Algorithm.RS256)


def test_a_good_key(key: SigningKey, now: datetime) -> None:
    """There is nothing to say."""
    assert warnings(key, PLAIN | CHAINED, now) == []
    assert problems(Path("keys"), key, PLAIN) == []


@pytest.mark.parametrize(("curve", "good", "short"), _SCALARS)
def test_a_coordinate_with_a_leading_zero(
    make_key: MakeKey, now: datetime, curve: ec.EllipticCurve, good: int, short: tuple[int, int]
) -> None:
    """A registry of 3.x would look for such a key under another id, be it X or Y."""
    algorithm = {256: Algorithm.ES256, 384: Algorithm.ES384, 521: Algorithm.ES512}[curve.key_size]
    keys = [make_key(ec.derive_private_key(scalar, curve), algorithm) for scalar in (good, *short)]
    assert warnings(keys[0], PLAIN, now) == []
    for key in keys[1:]:
        (told,) = warnings(key, PLAIN, now)
        assert told.startswith("a coordinate begins with a zero byte: Distribution 3.x")


def test_a_certificate_that_ends_soon(key: SigningKey, now: datetime) -> None:
    """Thirty days before and ever after; not of a key that signs no more."""
    ends = key.certificates[0].not_valid_after_utc
    assert warnings(key, PLAIN, ends - timedelta(days=31)) == []
    assert "expires on 2035-" in warnings(key, PLAIN, ends - timedelta(days=29))[0]
    assert "expired on 2035-" in warnings(key, PLAIN, ends + timedelta(days=1))[0]
    assert "is not valid before 2025-01-30" in warnings(key, PLAIN, now - timedelta(days=2))[0]
    assert warnings(replace(key, state=KeyState.RETIRED), PLAIN, ends + timedelta(days=1)) == []


def test_eddsa(make_key: MakeKey, ed25519_key: ed25519.Ed25519PrivateKey, now: datetime) -> None:
    """A service whose tokens look like those for Distribution 2.8 is named."""
    key = make_key(ed25519_key, Algorithm.EDDSA)
    assert "service registry.example.com: Distribution 2.8 knows no EdDSA" in warnings(key, PLAIN, now)[0]
    assert warnings(key, {"registry.example.com": Service(kid.RFC7638)}, now) == []


def test_a_literal_key_id(key: SigningKey, now: datetime) -> None:
    """It can stand for one key only; so there is something to say once there are two."""
    assert warnings(key, LITERAL, now) == []
    announced = replace(key, state=KeyState.ANNOUNCED)
    assert "names its key id literally" in warnings(announced, LITERAL, now)[0]


def test_an_algorithm_that_the_key_cannot(key: SigningKey) -> None:
    """An RSA key signs with every RSA algorithm, and nothing else."""
    wanted = {f"{each}.example.com": Service(kid.LIBTRUST, algorithm=each) for each in Algorithm}
    found = problems(Path("keys"), key, wanted)
    assert len(found) == 4
    assert str(found[0]) == (
        "keys: the key first cannot sign with ES256, which service ES256.example.com asks for "
        "(it can: RS256, RS384, RS512; change the service's `algorithm`, or the key)"
    )


def test_a_superseded_file_is_named(
    put_key: PutKey, ec_key: ec.EllipticCurvePrivateKey, now: datetime
) -> None:
    """A file that is called active without being so is told of."""
    put_key(ec_key, "old.active.pem")
    folder = put_key(ec_key, "new.active-20250131T110000Z.pem")
    told = [each for each in all_warnings(load(folder), PLAIN, now) if "coordinate" not in each]
    assert told == [
        "key old: its file is called active, but another key was activated later; it counts as retired"
    ]


def test_certificates_for_x5c(key: SigningKey, make_key: MakeKey, now: datetime) -> None:
    """A key that is to sign has a valid certificate, of an authority where the active one has such a one."""
    folder = Path("keys")
    authority = Authority.make(now)

    def certified(of: SigningKey, valid: timedelta) -> SigningKey:
        pem = authority.certify(of.public_key, now, valid)
        return replace(of, certificates=tuple(x509.load_pem_x509_certificates(pem)))

    other = replace(make_key(ec.generate_private_key(ec.SECP256R1()), Algorithm.ES256), name="second")
    ring = KeyRing((certified(key, timedelta(days=1)),))
    assert certificate_problems(folder, ring, other, PLAIN, now) == []
    (alone,) = certificate_problems(folder, ring, other, CHAINED, now)
    assert alone.text.startswith("is self-signed: registries that trust the authority")
    good, late = certified(other, timedelta(days=1)), certified(other, timedelta(seconds=-1))
    assert certificate_problems(folder, ring, good, CHAINED, now) == []
    (expired,) = certificate_problems(folder, ring, late, CHAINED, now)
    assert expired.text == "is not valid now, and services have `x5c`"
