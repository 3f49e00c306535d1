"""Fixtures for tests with real registries and clients."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.e2e.bench import CLIENTS, Bench
from tests.support import counting
from tests.support.clients import PASSWORDS, Docker, Skopeo
from tests.support.containerd import running_containerd
from tests.support.counting import Meter
from tests.support.engine import Engine, running_engine
from tests.support.images import Layout, write_layout
from tests.support.measured import Measured
from tests.support.newcomers import Newcomer, newcomer
from tests.support.ports import free_port
from tests.support.registry import DISTRIBUTION_3, DOCKER_REGISTRY_2
from tests.support.seeded import Seeded, seeded_registry
from tests.support.server import REALM, Server, configuration
from tests.support.slapd import Slapd
from tests.support.tap import Tap


@pytest.fixture(scope="session")
def directory_tap(slapd: Slapd) -> Iterator[Tap]:
    """Return the tap before the sample directory."""
    with counting.directory_tap(slapd) as running:
        yield running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, slapd: Slapd, directory_tap: Tap) -> Iterator[Server]:
    """Return the sample company's server, whose logins at the directory are counted."""
    settings = configuration(free_port(), slapd)
    settings["realms"][REALM]["directory"]["servers"] = [f"ldaps://127.0.0.1:{directory_tap.port}"]
    with Server(tmp_path_factory.mktemp("wharfinger"), settings) as running:
        yield running


@pytest.fixture(scope="session")
def meter(server: Server, directory_tap: Tap) -> Iterator[Meter]:
    """Return what counts the requests for tokens and the logins at the directory."""
    port = int(server.url.rpartition(":")[2])
    with Tap(lambda: port) as tokens:
        yield Meter(tokens, directory_tap)


@pytest.fixture
def measured(meter: Meter, server: Server) -> Measured:
    """Return what runs operations of clients and holds them against their costs."""
    return Measured(meter, server)


@pytest.fixture(scope="session")
def containerd() -> Iterator[Path]:
    """Return the socket of a containerd of our own."""
    with running_containerd() as socket:
        yield socket


@pytest.fixture(scope="session")
def docker_registry_2(
    tmp_path_factory: pytest.TempPathFactory, server: Server, meter: Meter
) -> Iterator[Seeded]:
    """Return Debian's docker-registry 2.8 beside the sample server."""
    folder = tmp_path_factory.mktemp("registry2")
    with seeded_registry(DOCKER_REGISTRY_2, folder, server, meter.realm) as running:
        yield running


@pytest.fixture(scope="session")
def distribution_3(
    tmp_path_factory: pytest.TempPathFactory, server: Server, meter: Meter
) -> Iterator[Seeded]:
    """Return Distribution 3.x beside the sample server."""
    folder = tmp_path_factory.mktemp("registry3")
    with seeded_registry(DISTRIBUTION_3, folder, server, meter.realm) as running:
        yield running


@pytest.fixture(params=["docker_registry_2", pytest.param("distribution_3", marks=pytest.mark.slow)])
def either(request: pytest.FixtureRequest) -> Seeded:
    """Return each kind of registry; the second is built with a compiler first."""
    return cast("Seeded", request.getfixturevalue(request.param))


@pytest.fixture(params=CLIENTS)
def bench(request: pytest.FixtureRequest, either: Seeded, measured: Measured) -> Iterator[Bench]:
    """Return each kind of client before that registry, in a folder whose name is short."""
    with tempfile.TemporaryDirectory(prefix="wh-") as folder:
        yield Bench(request.param, either, measured, request, Path(folder))


@pytest.fixture
def skopeo(tmp_path: Path) -> Skopeo:
    """Return skopeo, logged in nowhere."""
    return Skopeo(tmp_path)


@pytest.fixture
def mistaken(slapd: Slapd) -> Iterator[str]:
    """Return somebody who may mistype a password a few times; the directory forgets it afterwards."""
    yield "carol"
    slapd.forgive("carol", PASSWORDS["carol"])


@pytest.fixture
def teammate(slapd: Slapd) -> Iterator[Newcomer]:
    """Return somebody new in alice's team."""
    with newcomer(slapd, "team-platform") as person:
        yield person


@pytest.fixture
def auditor(slapd: Slapd) -> Iterator[Newcomer]:
    """Return somebody new who may list everything."""
    with newcomer(slapd, "auditors") as person:
        yield person


@pytest.fixture
def stranger(slapd: Slapd) -> Iterator[Newcomer]:
    """Return somebody new who is in no group."""
    with newcomer(slapd) as person:
        yield person


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Return an image that no other test has."""
    return write_layout(tmp_path / "image", str(tmp_path))


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Return a container engine of our own."""
    with running_engine() as running:
        yield running


@pytest.fixture
def docker(engine: Engine, tmp_path: Path) -> Docker:
    """Return the docker command, logged in nowhere."""
    return engine.client(tmp_path / "docker")
