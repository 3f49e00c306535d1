"""Keys that take long to make are made once; folders of keys are written as an administrator would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.keys.algorithm import Algorithm, PrivateKey
from app.keys.certificate import self_signed
from tests.unit.conftest import KEY_TIME as NOW


@pytest.fixture
def now() -> datetime:
    """The time at which a test happens."""
    return NOW


def pem_of(key: PrivateKey) -> bytes:
    """Return a key in the form that a keys folder wants."""
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
