"""oras and regctl, built by Go, each with a configuration of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.clients import write_credentials
from tests.support.commands import Finished, run
from tests.support.golang import built_by_go
from tests.support.images import Layout

ORAS_VERSION: Final = "v1.3.6"
REGCTL_VERSION: Final = "v0.11.7"
_ORAS: Final = "oras.land/oras/cmd/oras"
_REGCTL: Final = "github.com/regclient/regclient/cmd/regctl"


@dataclass(frozen=True, slots=True)
class Oras:
    """The oras command; its folder is for DOCKER_CONFIG.

    It calls a registry at 127.0.0.1 `localhost`, as the realm of the tests is called: where the two names
    differ it refuses a realm that leads to this machine.
    """

    folder: Path

    def login(self, host: str, user: str, password: str) -> Finished:
        """Log in, which oras tries before it stores it."""
        words = ("login", "--plain-http", "--username", user, "--password-stdin", _named(host))
        return self(*words, stdin=password)

    def store(self, host: str, user: str, password: str) -> None:
        """Write credentials into the configuration."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_credentials(self.folder / "config.json", _named(host), user, password)

    def push(self, layout: Layout, image: str) -> Finished:
        """Copy a layout into a registry."""
        source = f"{layout.folder}:latest"
        return self("copy", "--no-tty", "--from-oci-layout", source, "--to-plain-http", _named(image))

    def pull(self, image: str) -> Finished:
        """Copy an image into a layout."""
        target = f"{self.folder / 'pulled'}:latest"
        return self("copy", "--no-tty", "--from-plain-http", _named(image), "--to-oci-layout", target)

    def __call__(self, *words: str, stdin: str = "") -> Finished:
        """Run a command to its end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        program = built_by_go(_ORAS, ORAS_VERSION, "version")
        return run(program, *words, stdin=stdin, extra={"DOCKER_CONFIG": str(self.folder)})


def _named(reference: str) -> str:
    return reference.replace("127.0.0.1:", "localhost:", 1)


@dataclass(frozen=True, slots=True)
class Regctl:
    """The regctl command; its folder is for its own configuration, and for DOCKER_CONFIG."""

    folder: Path

    def login(self, host: str, user: str, password: str) -> Finished:
        """Log in, which regctl tries once it has stored it."""
        self._plain(host)
        return self("registry", "login", host, "--user", user, "--pass-stdin", stdin=password)

    def store(self, host: str, user: str, password: str) -> None:
        """Write credentials into docker's configuration."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_credentials(self.folder / "config.json", host, user, password)

    def push(self, layout: Layout, image: str) -> Finished:
        """Copy a layout into a registry."""
        self._plain(image.partition("/")[0])
        return self("image", "copy", f"ocidir://{layout.folder}:latest", image)

    def pull(self, image: str) -> Finished:
        """Copy an image into a layout."""
        self._plain(image.partition("/")[0])
        return self("image", "copy", image, f"ocidir://{self.folder / 'pulled'}:latest")

    def _plain(self, host: str) -> None:
        """Say that a registry has no TLS; that asks nobody."""
        self("registry", "set", "--tls", "disabled", "--skip-check", host)

    def __call__(self, *words: str, stdin: str = "") -> Finished:
        """Run a command to its end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        extra = {"REGCTL_CONFIG": str(self.folder / "regctl.json"), "DOCKER_CONFIG": str(self.folder)}
        return run(built_by_go(_REGCTL, REGCTL_VERSION, "version"), *words, stdin=stdin, extra=extra)
