"""The compose file, for real: directory, server and registry as containers."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests

from tests.support.clients import Docker
from tests.support.compose import Project, running_project
from tests.support.engine import Engine
from tests.support.slapd import SERVICE_PASSWORD

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Bring it up once; afterwards nothing of it is left."""
    with running_project(engine, tmp_path_factory.mktemp("compose")) as running:
        yield running
    label = f"label=com.docker.compose.project={running.name}"
    for kind in (("container", "--all"), ("volume",), ("network",)):
        left = running.docker(kind[0], "ls", *kind[1:], "--quiet", "--filter", label)
        assert left.stdout == "", left.text


@pytest.fixture
def image(engine: Engine, project: Project) -> str:
    """Return the name of an image that is ready to be pushed to alice's namespace."""
    name = f"{project.registry}/platform/app:latest"
    engine.import_image(name, b"pushed through the compose file")
    return name


def test_login_and_push(project: Project, docker: Docker, image: str) -> None:
    """Alice, whose account is in a directory in a container, logs in and pushes."""
    answer = docker.login(project.registry, "alice")
    assert answer.status == 0, answer.text
    assert "Login Succeeded" in answer.stdout
    pushed = docker("push", image)
    assert pushed.status == 0, pushed.text
    assert "digest: sha256:" in pushed.stdout


def test_a_denied_push(project: Project, docker: Docker, image: str) -> None:
    """Bob logs in and is denied, and reads why."""
    assert docker.login(project.registry, "bob").status == 0
    pushed = docker("push", image)
    assert pushed.status != 0
    assert "denied: bob may not pull or push platform/app: no rule allows it; rule " in pushed.stderr


def test_a_wrong_password(project: Project, docker: Docker) -> None:
    """A login with a wrong password fails at the directory in its container."""
    answer = docker.login(project.registry, "carol", "bob-password")
    assert answer.status != 0
    assert "unauthorized: " in answer.stderr


def test_everything_is_ready(project: Project) -> None:
    """The server reaches its directory, and every service with a check is healthy."""
    assert requests.get(f"{project.server}/readyz", timeout=5).status_code == 200
    for service in ("openldap", "wharfinger"):
        assert project.container(service)["State"]["Health"]["Status"] == "healthy"


def test_the_server_can_change_nothing(project: Project) -> None:
    """It runs as an ordinary user, without capabilities, on a root that is read-only."""
    container = project.container("wharfinger")
    assert container["HostConfig"]["ReadonlyRootfs"] is True
    assert container["HostConfig"]["CapDrop"] == ["ALL"]
    assert project.docker("exec", container["Id"], "id", "-u").stdout.strip() not in ("", "0")
    written = project.docker("exec", container["Id"], "sh", "-c", "echo > /var/lib/wharfinger/keys/x")
    assert "Read-only file system" in written.stderr


def test_no_secret_in_the_image(project: Project) -> None:
    """Neither the image nor its history nor the container's settings know the service account's password."""
    container = project.container("wharfinger")
    told = [
        json.dumps(container),
        project.docker("image", "inspect", container["Image"], check=True).stdout,
        project.docker("history", "--no-trunc", container["Image"], check=True).stdout,
    ]
    assert not any(SERVICE_PASSWORD in text for text in told)


def test_the_image_says_what_is_in_it(project: Project) -> None:
    """Every package that is installed in it stands in its bill of materials, with its version."""
    container = project.container("wharfinger")["Id"]
    told = project.docker("exec", container, "cat", "/opt/wharfinger/sbom.cdx.json", check=True)
    listing = "import importlib.metadata as m; print(*[f'{d.name}=={d.version}' for d in m.distributions()])"
    installed = project.docker("exec", container, "/opt/wharfinger/bin/python", "-c", listing, check=True)
    parts = json.loads(told.stdout)["components"]
    listed = {f"{each['name']}=={each['version']}".lower() for each in parts}
    assert {each.lower() for each in installed.stdout.split()} <= listed
