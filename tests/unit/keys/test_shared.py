"""A key ring as octets, for the other processes of the same server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from app.keys import keyring, shared
from app.keys.algorithm import Algorithm, PrivateKey

PutKey = Callable[..., Path]


@pytest.mark.parametrize(
    ("make", "algorithm"),
    [
        (lambda: ec.generate_private_key(ec.SECP384R1()), Algorithm.ES384),
        (lambda: rsa.generate_private_key(65537, 2048), Algorithm.RS512),
        (ed25519.Ed25519PrivateKey.generate, Algorithm.EDDSA),
    ],
    ids=["EC", "RSA", "Ed25519"],
)
def test_a_ring_is_the_same_on_the_other_side(
    put_key: PutKey, ec_key: ec.EllipticCurvePrivateKey, make: Callable[[], PrivateKey], algorithm: Algorithm
) -> None:
    """Every key with its state and times, and what is published of it."""
    put_key(ec_key, "old.active-20250101T000000Z.pem")
    put_key(ec.generate_private_key(ec.SECP256R1()), "older.retired.pem")
    folder = put_key(make(), "new.active-20250102T000000Z.pem", algorithm)
    ring = keyring.load(folder)
    other = shared.unpack(shared.pack(ring))
    facts = [
        [(key.name, key.state, key.algorithm, key.since, key.rfc7638, key.x5c) for key in each.keys]
        for each in (ring, other)
    ]
    assert facts[0] == facts[1]
    assert (other.jwk_set, other.pem_bundle, other.superseded) == (
        ring.jwk_set,
        ring.pem_bundle,
        ring.superseded,
    )
