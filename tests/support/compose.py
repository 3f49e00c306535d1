"""The compose file, brought up as a project of its own on an engine of our own."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from tests.support.clients import Docker
from tests.support.commands import Finished, run
from tests.support.engine import Engine
from tests.support.ports import free_port
from tests.support.processes import ProgramFailed, answers, wait_until
from tests.support.tools import REPOSITORY, find, missing

REGISTRY_IMAGE: Final = "wharfinger-test/registry"
REGISTRY_SOURCES: Final = Path(__file__).parent / "registry-image"


@dataclass(frozen=True, slots=True)
class Project:
    """The services of the compose file, under ports and a name that nobody else uses.

    Attributes:
        docker: A client of the engine, with a configuration of its own.
        command: docker-compose, or docker with its plugin.
        variables: What the compose file takes from the environment.
    """

    docker: Docker
    command: tuple[str | Path, ...]
    variables: dict[str, str]
    name: str = field(default_factory=lambda: f"wharfinger-test-{os.getpid()}")

    @property
    def registry(self) -> str:
        """How clients call the registry."""
        return f"127.0.0.1:{self.variables['REGISTRY_PORT']}"

    @property
    def server(self) -> str:
        """Where the token server answers."""
        return f"http://127.0.0.1:{self.variables['WHARFINGER_PORT']}"

    def up(self) -> None:
        """Build what is to be built, start everything and wait until the registry answers.

        Raises:
            ProgramFailed: It did not come up; the text has the services' logs.
        """
        try:
            self("up", "--build", "--detach", within=timedelta(minutes=15), check=True)
            ready = answers(f"http://{self.registry}/v2/", 401)
            wait_until(ready, within=timedelta(seconds=60), what="the registry of the compose file answers")
        except ProgramFailed as failure:
            raise ProgramFailed(f"{failure}\n{self('logs', '--no-color').text}") from failure

    def down(self) -> None:
        """End everything and remove it, volumes too."""
        self("down", "--volumes", "--remove-orphans", check=True)

    def container(self, service: str) -> dict[str, Any]:
        """Return what the engine knows of a service's container."""
        name = self("ps", "--quiet", service, check=True).stdout.strip()
        found: list[dict[str, Any]] = json.loads(self.docker("inspect", name, check=True).stdout)
        return found[0]

    def __call__(
        self, *words: str, within: timedelta = timedelta(minutes=2), check: bool = False
    ) -> Finished:
        """Run a command of compose on the project."""
        # The program that drives older engines builds by itself, with the engine's own builder.
        extra = self.docker.environment | self.variables | {"COMPOSE_DOCKER_CLI_BUILD": "0"}
        argv = (*self.command, "--project-name", self.name, *words)
        return run(*argv, extra=extra, cwd=REPOSITORY, within=within, check=check)


@contextlib.contextmanager
def running_project(engine: Engine, folder: Path) -> Iterator[Project]:
    """Bring the compose file up on an engine that reaches no public registry, and take it down again."""
    command = compose_command(engine.client(folder))
    base = engine.base_image()
    engine.build(REGISTRY_SOURCES, REGISTRY_IMAGE, BASE_IMAGE=base)
    variables = {
        "BASE_IMAGE": base,
        "BUILD_NETWORK": "host",
        "REGISTRY_IMAGE": REGISTRY_IMAGE,
        "REGISTRY_PORT": str(free_port()),
        "WHARFINGER_PORT": str(free_port()),
    }
    project = Project(engine.client(folder), command, variables)
    try:
        project.up()
        yield project
    finally:
        project.down()


def compose_command(docker: Docker) -> tuple[str | Path, ...]:
    """Return what understands compose files: docker with its plugin, or the older program."""
    if docker("compose", "version").status == 0:
        return ("docker", "compose")
    older = find("docker-compose")
    if older is None:
        missing(
            "neither docker's compose plugin nor docker-compose is installed (apt-get install docker-compose)"
        )
    return (older,)
