"""What `wharfinger registry config` writes, started as it stands: a push and a pull go through."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.clients import PASSWORDS, Skopeo
from tests.support.commands import run
from tests.support.compose import REGISTRY_IMAGE, REGISTRY_SOURCES, compose_command
from tests.support.configured import started, written
from tests.support.engine import Engine
from tests.support.images import Layout
from tests.support.ports import free_port
from tests.support.processes import answers, wait_until
from tests.support.registry import DISTRIBUTION_3, DOCKER_REGISTRY_2
from tests.support.server import REALM, SERVICE, Server, configuration
from tests.support.slapd import Slapd

KINDS = {"distribution2": DOCKER_REGISTRY_2, "distribution3": DISTRIBUTION_3}
FORMS = ("yaml", "env", "kubernetes")


def _push_and_pull(host: str, skopeo: Skopeo, layout: Layout) -> None:
    image = f"{host}/platform/app:latest"
    skopeo.store(host, "alice", PASSWORDS["alice"])
    for done in (skopeo.push(layout, image), skopeo.pull(image)):
        assert done.status == 0, done.text
    skopeo.store(host, "bob", PASSWORDS["bob"])
    assert skopeo.push(layout, image).status != 0


def _try(server: Server, skopeo: Skopeo, layout: Layout, kind: str, form: str) -> None:
    folder = skopeo.folder / "out"
    written(server, folder, kind, form, "--folder", folder)
    registry = started(KINDS[kind], folder, form)
    with registry.program:
        _push_and_pull(registry.host, skopeo, layout)


def test_a_configuration_file_for_distribution_2(server: Server, skopeo: Skopeo, layout: Layout) -> None:
    """Alice pushes and pulls with nothing changed in the files; bob, who may not push, cannot."""
    _try(server, skopeo, layout, "distribution2", "yaml")


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_format(server: Server, skopeo: Skopeo, layout: Layout, kind: str, form: str) -> None:
    """The same for each kind of registry and each format."""
    _try(server, skopeo, layout, kind, form)


@pytest.fixture
def server_with(tmp_path: Path, slapd: Slapd) -> Callable[..., Server]:
    """Return a server with a key of an algorithm, and a service of a shape; not started."""

    def make(algorithm: str, **service: object) -> Server:
        settings = configuration(free_port(), slapd)
        settings["realms"][REALM]["services"] = {SERVICE: service}
        return Server(tmp_path / "wharfinger", settings, algorithm=algorithm)

    return make


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [
        ("distribution2", "RS256"),
        ("distribution2", "RS512"),
        ("distribution2", "ES384"),
        ("distribution2", "ES512"),
        ("distribution3", "RS384"),
        ("distribution3", "ES512"),
        ("distribution3", "EdDSA"),
    ],
)
@pytest.mark.parametrize("form", ["yaml", "env"])
def test_every_algorithm(
    server_with: Callable[..., Server],
    skopeo: Skopeo,
    layout: Layout,
    *,
    kind: str,
    algorithm: str,
    form: str,
) -> None:
    """Whatever key the realm signs with, if only the registry can verify it at all."""
    with server_with(algorithm) as server:
        _try(server, skopeo, layout, kind, form)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "service"),
    [
        ("distribution2", {"x5c": True}),
        ("distribution2", {"x5c": True, "key_id": "rfc7638"}),
        ("distribution3", {"x5c": True}),
        ("distribution3", {"key_id": "rfc7638"}),
        ("distribution3", {"key_id": "literal:the key"}),
    ],
)
def test_every_shape_of_a_service(
    server_with: Callable[..., Server], skopeo: Skopeo, layout: Layout, kind: str, service: dict[str, object]
) -> None:
    """Whatever id the tokens name their key by, and with certificates in them."""
    with server_with("ES256", **service) as server:
        _try(server, skopeo, layout, kind, "yaml")


@pytest.fixture(scope="module")
def images(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return images of both registries, with the paths and the entry point of the official ones."""
    base = engine.base_image()
    engine.build(REGISTRY_SOURCES, REGISTRY_IMAGE, BASE_IMAGE=base)
    folder = tmp_path_factory.mktemp("image")
    shutil.copy(DISTRIBUTION_3.binary(), folder / "registry")
    (folder / "Dockerfile").write_text(
        f"FROM {base}\nCOPY registry /bin/registry\nENV OTEL_TRACES_EXPORTER=none\n"
        'ENTRYPOINT ["registry"]\nCMD ["serve", "/etc/distribution/config.yml"]\n'
    )
    engine.build(folder, "wharfinger-test/registry3")
    return {"distribution2": REGISTRY_IMAGE, "distribution3": "wharfinger-test/registry3"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_compose_file(
    server: Server, engine: Engine, images: dict[str, str], *, skopeo: Skopeo, layout: Layout, kind: str
) -> None:
    """Brought up as it stands but for the image, which no public registry is asked for, and the port."""
    folder = written(server, skopeo.folder / "out", kind, "compose")
    client = engine.client(skopeo.folder / "docker")
    port = str(free_port())
    extra = client.environment | {"REGISTRY_IMAGE": images[kind], "REGISTRY_PORT": port}
    compose = (*compose_command(client), "--project-name", f"wharfinger-registry-{port}")
    run(*compose, "up", "--detach", cwd=folder, extra=extra, check=True)
    try:
        ready = answers(f"http://127.0.0.1:{port}/v2/", 401)
        wait_until(ready, within=timedelta(seconds=30), what="the registry answers")
        _push_and_pull(f"127.0.0.1:{port}", skopeo, layout)
    finally:
        run(*compose, "down", "--volumes", cwd=folder, extra=extra, check=True)
