"""Fixtures for tests with real registries and clients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import PASSWORDS, Docker, Skopeo
from tests.support.engine import Engine, running_engine
from tests.support.images import Layout, write_layout
from tests.support.registry import DISTRIBUTION_3, DOCKER_REGISTRY_2
from tests.support.seeded import Seeded, seeded_registry
from tests.support.server import Server
from tests.support.slapd import Slapd


@pytest.fixture(scope="session")
def docker_registry_2(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Iterator[Seeded]:
    """Give Debian's docker-registry 2.8 beside the sample server."""
    with seeded_registry(DOCKER_REGISTRY_2, tmp_path_factory.mktemp("registry2"), server) as running:
        yield running


@pytest.fixture(scope="session")
def distribution_3(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Iterator[Seeded]:
    """Give Distribution 3.x beside the sample server."""
    with seeded_registry(DISTRIBUTION_3, tmp_path_factory.mktemp("registry3"), server) as running:
        yield running


@pytest.fixture
def skopeo(tmp_path: Path) -> Skopeo:
    """Give skopeo, logged in nowhere."""
    return Skopeo(tmp_path)


@pytest.fixture
def mistaken(slapd: Slapd) -> Iterator[str]:
    """Give somebody who may mistype a password a few times; the directory forgets it afterwards."""
    yield "carol"
    slapd.forgive("carol", PASSWORDS["carol"])


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Give an image that no other test has."""
    return write_layout(tmp_path / "image", str(tmp_path))


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Give a container engine of our own."""
    with running_engine() as running:
        yield running


@pytest.fixture
def docker(engine: Engine, tmp_path: Path) -> Docker:
    """Give the docker command, logged in nowhere."""
    return engine.client(tmp_path / "docker")
