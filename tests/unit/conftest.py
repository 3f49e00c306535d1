"""What tests of single modules share."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.keys import keyring
from app.keys.algorithm import Algorithm
from app.keys.create import create
from app.keys.keyring import KeyRing
from app.keys.signing_key import KeyState
from tests.support.parts import NOW


@pytest.fixture(scope="session")
def ring_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a keys folder with one active ES256 key."""
    folder = tmp_path_factory.mktemp("keys")
    create(
        folder, name="first", algorithm=Algorithm.ES256, state=KeyState.ACTIVE, common_name="demo", now=NOW
    )
    return folder


@pytest.fixture(scope="session")
def ring(ring_folder: Path) -> KeyRing:
    """Give that folder's key ring."""
    return keyring.load(ring_folder)
