"""docker with a real engine: what the client and the engine say at the terminal."""

from __future__ import annotations

import json
from typing import Final

import pytest

from tests.support.clients import Docker
from tests.support.commands import at_terminal
from tests.support.counting import Cost
from tests.support.engine import Engine
from tests.support.images import Layout
from tests.support.measured import Measured
from tests.support.newcomers import Newcomer
from tests.support.seeded import PUBLIC_IMAGE, Seeded
from tests.support.server import SERVICE, Server
from tests.support.tools import require

pytestmark = pytest.mark.slow
_LOG_IN: Final = f"without a login. Type: docker login {SERVICE}"


@pytest.fixture
def registry(docker_registry_2: Seeded) -> Seeded:
    """Return the registry that the engine talks to."""
    return docker_registry_2


@pytest.fixture
def pushed(engine: Engine, registry: Seeded, request: pytest.FixtureRequest) -> str:
    """Return the name of an image in the engine, ready to be pushed to alice's namespace."""
    name = registry.image("platform/pushed", request.node.name.replace("_", "-"))
    engine.import_image(name, request.node.name.encode())
    return name


def test_login(docker: Docker, registry: Seeded) -> None:
    """A person with a directory account logs in."""
    answer = docker.login(registry.host, "alice")
    assert answer.status == 0, answer.text
    assert "Login Succeeded" in answer.stdout


def test_login_beyond_ascii(docker: Docker, registry: Seeded) -> None:
    """Zoë logs in with all the characters that transports get wrong."""
    answer = docker.login(registry.host, "zoë")
    assert answer.status == 0, answer.text


def test_login_with_a_wrong_password(docker: Docker, registry: Seeded, mistaken: str) -> None:
    """Our message reaches the terminal."""
    answer = docker.login(registry.host, mistaken, "bob-password")
    assert answer.status != 0
    assert "unauthorized: The user name or password is wrong." in answer.stderr


def test_push_with_a_wrong_password(docker: Docker, registry: Seeded, pushed: str, mistaken: str) -> None:
    """Somebody whose password has changed since the login hears that, and nothing of the repository."""
    docker.store(registry.host, mistaken, "bob-password")
    answer = docker("push", pushed)
    assert answer.status != 0
    assert "unauthorized: The user name or password is wrong." in answer.stderr


def test_login_of_a_locked_account(docker: Docker, registry: Seeded) -> None:
    """Dave reads that his account is locked."""
    answer = docker.login(registry.host, "dave")
    assert answer.status != 0
    assert "unauthorized: This account is locked." in answer.stderr


def test_login_with_an_empty_password(docker: Docker, registry: Seeded, server: Server) -> None:
    """Somebody who only presses Enter hears it from the client itself; nothing reaches the server."""
    before = len(server.audit())
    words = (require("docker"), "login", "--username", "alice", registry.host)
    answer = at_terminal(*words, typed="\n", extra=docker.environment)
    assert answer.status != 0
    assert "password" in answer.stdout.lower()
    assert "required" in answer.stdout.lower()
    assert len(server.audit()) == before


def test_a_stored_empty_password_is_no_login(
    docker: Docker, registry: Seeded, server: Server, pushed: str
) -> None:
    """The engine sends no credentials whose password is empty, so nobody is signed in."""
    docker.store(registry.host, "alice", "")
    answer = docker("push", pushed)
    assert answer.status != 0
    assert answer.stderr == f"unauthorized: Nobody may pull or push platform/pushed {_LOG_IN}\n"
    assert server.audit()[-1]["subject"] == ""
    assert server.audit()[-1]["granted"] == []


def test_push_to_the_own_team(docker: Docker, registry: Seeded, pushed: str) -> None:
    """Alice pushes into her team's namespace."""
    docker.login(registry.host, "alice")
    answer = docker("push", pushed)
    assert answer.status == 0, answer.text
    assert "digest: sha256:" in answer.stdout


def test_push_to_another_team(docker: Docker, registry: Seeded, pushed: str) -> None:
    """Bob is denied, and his terminal says why."""
    docker.login(registry.host, "bob")
    answer = docker("push", pushed)
    assert answer.status != 0
    assert "denied: bob may not pull or push platform/pushed: no rule allows it; rule " in answer.stderr


def test_push_without_a_login(docker: Docker, pushed: str) -> None:
    """Nobody pushes without a login, and reads what to type."""
    answer = docker("push", pushed)
    assert answer.status != 0
    assert answer.stderr == f"unauthorized: Nobody may pull or push platform/pushed {_LOG_IN}\n"


def test_pull_of_a_public_image_without_a_login(docker: Docker, registry: Seeded) -> None:
    """An image in `base/` comes without a login."""
    answer = docker.pull(registry.image(PUBLIC_IMAGE))
    assert answer.status == 0, answer.text
    assert "Status: Downloaded newer image" in answer.stdout
    docker("image", "rm", registry.image(PUBLIC_IMAGE), check=True)


def test_pull_of_a_private_image_without_a_login(docker: Docker, registry: Seeded, pushed: str) -> None:
    """An image of a team does not."""
    docker.login(registry.host, "alice")
    docker("push", pushed, check=True)
    docker("logout", registry.host, check=True)
    answer = docker("pull", pushed)
    assert answer.status != 0
    assert f"unauthorized: Nobody may pull platform/pushed {_LOG_IN}\n" in answer.stderr


def test_a_push_mounts_what_may_be_pulled(
    docker: Docker, either: Seeded, measured: Measured, teammate: Newcomer, layout: Layout
) -> None:
    """Layers of the team's repository come into the own sandbox without a transfer: two scopes, one token."""
    team, own = either.image("platform/mounted"), either.image(f"sandbox/{teammate.name}/mounted")
    docker.store(either.host, teammate.name, teammate.password)
    assert docker.push(layout, team).status == 0
    docker("tag", team, own, check=True)
    pushed = measured(Cost(("GET 200", "GET 200"), 0), lambda: docker("push", own))
    assert pushed.status == 0, pushed.text
    assert "Mounted from platform/mounted" in pushed.stdout
    granted = [line["granted"] for line in measured.server.audit() if line["subject"] == teammate.name]
    both = ["repository:platform/mounted:pull", f"repository:sandbox/{teammate.name}/mounted:pull,push"]
    assert both in [sorted(each) for each in granted]


def test_a_manifest_is_inspected(
    docker: Docker, either: Seeded, measured: Measured, teammate: Newcomer, layout: Layout
) -> None:
    """The client itself asks for it, not the engine; somebody who may not pull is denied."""
    image = either.image("platform/inspected")
    docker.store(either.host, teammate.name, teammate.password)
    assert docker.push(layout, image).status == 0
    words = ("manifest", "inspect", "--insecure", image)
    shown = measured(Cost(("GET 200",), 0), lambda: docker(*words))
    assert json.loads(shown.stdout)["schemaVersion"] == 2, shown.text

    docker("logout", either.host, check=True)
    denied = measured(Cost(("GET 401", "GET 401"), 0), lambda: docker(*words))
    assert denied.status != 0
    assert f"unauthorized: Nobody may pull platform/inspected {_LOG_IN}\n" in denied.stderr
