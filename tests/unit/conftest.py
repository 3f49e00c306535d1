"""What tests of single modules share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from app.keys import keyring
from app.keys.algorithm import Algorithm, PrivateKey
from app.keys.certificate import self_signed
from app.keys.create import create
from app.keys.keyring import KeyRing
from app.keys.signing_key import KeyState, SigningKey
from tests.support.parts import NOW

KEY_TIME = datetime(2025, 1, 31, 12, tzinfo=UTC)
"""When the keys of the tests were made."""


@pytest.fixture(scope="session")
def ring_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a keys folder with one active ES256 key."""
    folder = tmp_path_factory.mktemp("keys")
    create(
        folder, name="first", algorithm=Algorithm.ES256, state=KeyState.ACTIVE, common_name="demo", now=NOW
    )
    return folder


@pytest.fixture(scope="session")
def ring(ring_folder: Path) -> KeyRing:
    """Return that folder's key ring."""
    return keyring.load(ring_folder)


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    """An RSA key of the smallest size that is good enough."""
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="session")
def short_rsa_key() -> rsa.RSAPrivateKey:
    """An RSA key that is too short."""
    return rsa.generate_private_key(65537, 1024)  # noqa: S505 - the key that must be refused


@pytest.fixture(scope="session")
def ec_key() -> ec.EllipticCurvePrivateKey:
    """A P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="session")
def ed25519_key() -> ed25519.Ed25519PrivateKey:
    """An Ed25519 key."""
    return ed25519.Ed25519PrivateKey.generate()


MakeKey = Callable[[PrivateKey, Algorithm], SigningKey]


@pytest.fixture(scope="session")
def make_key() -> MakeKey:
    """Make an active signing key of a private key."""

    def make(private_key: PrivateKey, algorithm: Algorithm) -> SigningKey:
        certificate = self_signed(private_key, algorithm, common_name="auth.example.com", now=KEY_TIME)
        return SigningKey("first", KeyState.ACTIVE, algorithm, private_key, (certificate,))

    return make
