"""The clients that people use, each with credentials of its own; passwords go through standard input."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.support.commands import Finished, run
from tests.support.images import Layout, tar_of
from tests.support.tools import missing, require, search_path

PASSWORDS: Final[Mapping[str, str]] = {
    "alice": "alice-password",
    "bob": "bob-password",
    "carol": "carol-password",
    "dave": "dave-password",
    "erin": "erin-password",
    "frank": "frank-password",
    "zoë": "pä:ss%w+rd &ß€",
}

_BUILDX_SINCE: Final = 23


@dataclass(frozen=True, slots=True)
class Skopeo:
    """skopeo, with a file of credentials of its own."""

    folder: Path

    def login(self, host: str, user: str, password: str | None = None) -> Finished:
        """Log in, with the person's own password where none is given."""
        typed = PASSWORDS[user] if password is None else password
        return self("login", "--tls-verify=false", "--username", user, "--password-stdin", host, stdin=typed)

    def store(self, host: str, user: str, password: str) -> None:
        """Write credentials into the file as they are, past the checks of a login."""
        write_credentials(self.folder / "auth.json", host, user, password)

    def forget(self) -> None:
        """Have no credentials any more."""
        (self.folder / "auth.json").unlink()

    def copy_in(self, layout: Layout, image: str) -> Finished:
        """Copy a layout into a registry."""
        return self("copy", "--dest-tls-verify=false", layout.reference, f"docker://{image}")

    def copy_out(self, image: str, layout: Layout) -> Finished:
        """Copy an image out of a registry into a layout."""
        return self("copy", "--src-tls-verify=false", f"docker://{image}", layout.reference)

    def push(self, layout: Layout, image: str) -> Finished:
        """Copy a layout into a registry, as every client can."""
        return self.copy_in(layout, image)

    def pull(self, image: str) -> Finished:
        """Copy an image out of a registry, as every client can."""
        return self.copy_out(image, Layout(self.folder / "pulled"))

    def __call__(self, *words: str, stdin: str = "") -> Finished:
        """Run a command of skopeo to its end."""
        extra = {"REGISTRY_AUTH_FILE": str(self.folder / "auth.json")}
        return run(require("skopeo"), "--insecure-policy", *words, stdin=stdin, extra=extra)


@dataclass(frozen=True, slots=True)
class Docker:
    """The docker command, on one engine and with a configuration folder of its own.

    Attributes:
        engine: Its address, for DOCKER_HOST.
        folder: For DOCKER_CONFIG.
    """

    engine: str
    folder: Path
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        # An engine of this age and a client without buildx build in the way that both know.
        settings = {"DOCKER_HOST": self.engine, "DOCKER_CONFIG": str(self.folder), "DOCKER_BUILDKIT": "0"}
        object.__setattr__(self, "environment", settings)

    def __call__(
        self,
        *words: str | Path,
        stdin: str | bytes = "",
        within: timedelta = timedelta(seconds=60),
        check: bool = False,
    ) -> Finished:
        """Run a docker command to its end."""
        return run(
            require("docker", "docker.io"),
            *words,
            stdin=stdin,
            extra=self.environment,
            within=within,
            check=check,
        )

    def buildkit(self, *words: str | Path) -> Finished:
        """Run a docker command that uses BuildKit, by a client that can."""
        return run(_docker_with_buildkit(), *words, extra=self.environment | {"DOCKER_BUILDKIT": "1"})

    def login(self, host: str, user: str, password: str | None = None) -> Finished:
        """Log in, with the person's own password where none is given."""
        typed = PASSWORDS[user] if password is None else password
        return self("login", "--username", user, "--password-stdin", host, stdin=typed)

    def push(self, layout: Layout, image: str) -> Finished:
        """Push an image that holds the manifest of a layout: the engine takes no layouts."""
        content = (layout.folder / "index.json").read_bytes()
        self("import", "-", image, stdin=tar_of({"hello": content}), check=True)
        return self("push", image)

    def pull(self, image: str) -> Finished:
        """Pull an image that the engine may have."""
        self("image", "rm", image)
        return self("pull", image)

    def store(self, host: str, user: str, password: str) -> None:
        """Write credentials into the configuration as they are, past the checks of a login."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_credentials(self.folder / "config.json", host, user, password)


def write_credentials(path: Path, host: str, user: str, password: str) -> None:
    """Write credentials into a file as docker and the others keep them."""
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    path.write_text(json.dumps({"auths": {host: {"auth": pair}}}))


def _docker_with_buildkit() -> Path:
    """Find a client that has BuildKit's part in itself, as it was before Docker 23, or has buildx."""
    for folder in search_path().split(os.pathsep):
        docker = Path(folder, "docker")
        if docker.exists() and _has_buildkit(docker):
            return docker
    return missing("no docker on the PATH has BuildKit (apt-get install docker-buildx)")


def _has_buildkit(docker: Path) -> bool:
    version = re.search(r"version (\d+)", run(docker, "--version").stdout)
    within = version is not None and int(version[1]) < _BUILDX_SINCE
    return within or run(docker, "buildx", "version").status == 0
