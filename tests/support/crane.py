"""crane, built by Go, with a configuration of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.clients import write_credentials
from tests.support.commands import Finished, run
from tests.support.golang import built_by_go
from tests.support.images import Layout

CRANE_VERSION: Final = "v0.22.1"
_COMMAND: Final = "github.com/google/go-containerregistry/cmd/crane"


@dataclass(frozen=True, slots=True)
class Crane:
    """The crane command; its folder is for DOCKER_CONFIG."""

    folder: Path

    def login(self, host: str, user: str, password: str) -> Finished:
        """Store a login; crane asks nobody whether it is good."""
        words = ("auth", "login", "--username", user, "--password-stdin", host)
        return self(*words, stdin=password)

    def store(self, host: str, user: str, password: str) -> None:
        """Write credentials into the configuration."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_credentials(self.folder / "config.json", host, user, password)

    def push(self, layout: Layout, image: str) -> Finished:
        """Push a layout."""
        return self("push", str(layout.folder), image)

    def pull(self, image: str) -> Finished:
        """Pull an image into a layout."""
        return self("pull", "--format", "oci", image, str(self.folder / "pulled"))

    def __call__(self, *words: str, stdin: str = "") -> Finished:
        """Run a command to its end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        program = built_by_go(_COMMAND, CRANE_VERSION, "version")
        return run(program, *words, stdin=stdin, extra={"DOCKER_CONFIG": str(self.folder)})
