"""Keys that take long to make are made once; folders of keys are written as an administrator would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.cli.keys import realm
from app.keys.algorithm import Algorithm, PrivateKey
from app.keys.certificate import self_signed
from app.keys.signing_key import KeyState, SigningKey
from tests.unit.keys.commands import Commands

NOW = datetime(2025, 1, 31, 12, tzinfo=UTC)


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


@pytest.fixture
def now() -> datetime:
    """The time at which a test happens."""
    return NOW


MakeKey = Callable[[PrivateKey, Algorithm], SigningKey]


@pytest.fixture(scope="session")
def make_key() -> MakeKey:
    """Make an active signing key of a private key."""

    def make(private_key: PrivateKey, algorithm: Algorithm) -> SigningKey:
        certificate = self_signed(private_key, algorithm, common_name="auth.example.com", now=NOW)
        return SigningKey("first", KeyState.ACTIVE, algorithm, private_key, (certificate,))

    return make


def pem_of(key: PrivateKey) -> bytes:
    """Give a key in the form that a keys folder wants."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def put_key(tmp_path: Path) -> Callable[..., Path]:
    """Write a key's two files into the test's folder, and give that folder."""

    def put(key: PrivateKey, file: str, algorithm: Algorithm = Algorithm.ES256) -> Path:
        path = tmp_path / file
        path.touch(mode=0o600)
        path.write_bytes(pem_of(key))
        certificate = self_signed(key, algorithm, common_name="auth.example.com", now=NOW)
        (tmp_path / f"{file.rsplit('.', 2)[0]}.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
        return tmp_path

    return put


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Give the `keys` commands in the test's folder, at a time that stands still until the test moves it."""
    folder = tmp_path / "etc"
    folder.mkdir()
    found = Commands(folder)
    monkeypatch.setattr(realm, "now", lambda: found.now)
    return found
