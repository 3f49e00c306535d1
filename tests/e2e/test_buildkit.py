"""BuildKit in the engine, which takes its credentials from the client: builds from images of a registry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.clients import Docker
from tests.support.commands import Finished
from tests.support.counting import Cost
from tests.support.images import Layout
from tests.support.measured import Measured
from tests.support.newcomers import Newcomer
from tests.support.seeded import PUBLIC_IMAGE, Seeded

pytestmark = pytest.mark.slow


def build(docker: Docker, image: str, folder: Path) -> Finished:
    """Build something from an image, by nothing but pulling it."""
    (folder / "Dockerfile").write_text(f"FROM {image}\nCOPY Dockerfile /\n")
    return docker.buildkit("build", "--no-cache", "--pull", "--tag", f"{image}-built", folder)


@pytest.fixture
def of_the_team(either: Seeded, docker: Docker, teammate: Newcomer, layout: Layout) -> str:
    """Push an image that the engine then has no longer; the client is the pusher's."""
    docker.store(either.host, teammate.name, teammate.password)
    image = either.image("platform/buildkit")
    assert docker.push(layout, image).status == 0
    docker("image", "rm", image, check=True)
    return image


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """Return a folder to build."""
    folder = tmp_path / "context"
    folder.mkdir()
    return folder


def test_a_build_from_the_teams_image(
    docker: Docker, measured: Measured, of_the_team: str, context: Path
) -> None:
    """Somebody of the team builds from it."""
    built = measured(Cost(("GET 200",), 0), lambda: build(docker, of_the_team, context))
    assert built.status == 0, built.text


def test_a_build_from_what_is_closed(
    either: Seeded, docker: Docker, measured: Measured, stranger: Newcomer, context: Path
) -> None:
    """Somebody else does not, and reads why."""
    docker.store(either.host, stranger.name, stranger.password)
    image = either.image("platform/closed")
    built = measured(Cost(("GET 200",), 1), lambda: build(docker, image, context))
    assert built.status != 0
    assert "insufficient_scope: authorization failed" in built.stderr


def test_a_build_with_a_wrong_password(
    either: Seeded, docker: Docker, measured: Measured, stranger: Newcomer, context: Path
) -> None:
    """The client asks in both ways, as ctr does, and the directory once; it shows the status alone."""
    docker.store(either.host, stranger.name, "mistyped")
    image = either.image(PUBLIC_IMAGE)
    built = measured(Cost(("GET 401", "POST 401"), 1), lambda: build(docker, image, context))
    assert built.status != 0
    assert re.search("failed to fetch oauth token: unexpected status.*401", built.stderr)


def test_a_build_from_what_is_public(
    either: Seeded, docker: Docker, measured: Measured, context: Path
) -> None:
    """Everybody builds from a public image."""
    image = either.image(PUBLIC_IMAGE)
    built = measured(Cost(("GET 200",), 0), lambda: build(docker, image, context))
    assert built.status == 0, built.text
