"""podman and buildah: two commands, one library, and options that are the same."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tests.support.clients import write_credentials
from tests.support.commands import Finished, run
from tests.support.images import Layout
from tests.support.tools import require, require_root


@dataclass(frozen=True, slots=True)
class Podman:
    """One of them, with images and credentials of its own.

    Attributes:
        program: `podman` or `buildah`.
        folder: For everything of it; its path is short, as podman wants it (50 characters).
    """

    program: str
    folder: Path

    def login(self, host: str, user: str, password: str) -> Finished:
        """Log in."""
        return self(
            "login", "--tls-verify=false", "--username", user, "--password-stdin", host, stdin=password
        )

    def store(self, host: str, user: str, password: str) -> None:
        """Write credentials into the file as they are, past the checks of a login."""
        write_credentials(self._credentials, host, user, password)

    def push(self, layout: Layout, image: str) -> Finished:
        """Push a layout."""
        taken = self("pull", "--quiet", *self._policy, layout.reference)
        assert taken.status == 0, taken.text
        return self(
            "push", "--tls-verify=false", *self._policy, taken.stdout.split()[-1], f"docker://{image}"
        )

    def pull(self, image: str) -> Finished:
        """Pull an image."""
        return self("pull", "--tls-verify=false", *self._policy, image)

    def __call__(self, *words: str | Path, stdin: str = "") -> Finished:
        """Run a command to its end."""
        require_root(self.program)
        places = ("--root", self.folder / "root", "--runroot", self.folder / "run")
        extra = {"REGISTRY_AUTH_FILE": str(self._credentials)}
        options = (*places, "--storage-driver", "vfs")
        return run(require(self.program), *options, *words, stdin=stdin, extra=extra)

    @property
    def _credentials(self) -> Path:
        """Return the file of credentials, which must be there even for somebody who has none."""
        path = self.folder / "auth.json"
        if not path.exists():
            path.write_text("{}")
        return path

    @property
    def _policy(self) -> tuple[str | Path, ...]:
        """Take any image: not every machine says in /etc/containers what it trusts."""
        path = self.folder / "policy.json"
        path.write_text(json.dumps({"default": [{"type": "insecureAcceptAnything"}]}))
        return ("--signature-policy", path)
