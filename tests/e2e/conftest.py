"""Fixtures for tests with real registries and clients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.clients import Docker, Skopeo
from tests.support.engine import Engine, running_engine
from tests.support.images import Layout, write_layout
from tests.support.registry import DISTRIBUTION_3, DOCKER_REGISTRY_2, Kind, Registry, make_registry
from tests.support.server import Server

PUBLIC_IMAGE = "base/hello"


@dataclass(frozen=True, slots=True)
class Seeded:
    """A running registry that trusts the server, and the image of everybody that lies in it."""

    registry: Registry
    public: Layout

    def image(self, repository: str, tag: str = "latest") -> str:
        """Give the name of an image in it."""
        return self.registry.image(repository, tag)

    @property
    def host(self) -> str:
        """How clients call it."""
        return self.registry.host


def seeded_registry(kind: Kind, folder: Path, server: Server) -> Iterator[Seeded]:
    """Run a registry with `base/hello` in it.

    By the sample rules nobody may push there, so the image is put in while the registry asks for no login.
    """
    registry = make_registry(kind, folder / "registry")
    public = write_layout(folder / "public", "the image of everybody")
    with registry.open():
        copied = Skopeo(folder).copy_in(public, registry.image(PUBLIC_IMAGE))
        assert copied.status == 0, copied.text
    with registry.trusting(server):
        yield Seeded(registry, public)


@pytest.fixture(scope="session")
def docker_registry_2(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Iterator[Seeded]:
    """Give Debian's docker-registry 2.8 beside the sample server."""
    yield from seeded_registry(DOCKER_REGISTRY_2, tmp_path_factory.mktemp("registry2"), server)


@pytest.fixture(scope="session")
def distribution_3(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Iterator[Seeded]:
    """Give Distribution 3.x beside the sample server."""
    yield from seeded_registry(DISTRIBUTION_3, tmp_path_factory.mktemp("registry3"), server)


@pytest.fixture
def skopeo(tmp_path: Path) -> Skopeo:
    """Give skopeo, logged in nowhere."""
    return Skopeo(tmp_path)


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
