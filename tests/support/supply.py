"""helm and cosign, built by Go, each with a configuration of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.support.commands import Finished, run
from tests.support.golang import built_by_go

HELM_VERSION: Final = "v3.22.0"
COSIGN_VERSION: Final = "v2.6.5"
_HELM: Final = "helm.sh/helm/v3/cmd/helm"
_COSIGN: Final = "github.com/sigstore/cosign/v2/cmd/cosign"
_WITHIN: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Helm:
    """The helm command, with all its folders below one."""

    folder: Path

    def login(self, host: str, user: str, password: str) -> Finished:
        """Log in, which helm tries before it stores it."""
        words = ("registry", "login", "--plain-http", "--username", user, "--password-stdin", host)
        return self(*words, stdin=password)

    def package(self) -> Path:
        """Make a chart."""
        self("create", str(self.folder / "hello"), "--registry-config", "none")
        self("package", str(self.folder / "hello"), "--destination", str(self.folder))
        return self.folder / "hello-0.1.0.tgz"

    def __call__(self, *words: str, stdin: str = "") -> Finished:
        """Run a command to its end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        folders = ("HELM_CONFIG_HOME", "HELM_CACHE_HOME", "HELM_DATA_HOME")
        extra = {name: str(self.folder / name.lower()) for name in folders}
        return run(built_by_go(_HELM, HELM_VERSION, "version"), *words, stdin=stdin, extra=extra)


@dataclass(frozen=True, slots=True)
class Cosign:
    """The cosign command; its folder is for DOCKER_CONFIG, and for what it keeps of Sigstore's services."""

    folder: Path

    def __call__(self, *words: str) -> Finished:
        """Run a command to its end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        extra = {"DOCKER_CONFIG": str(self.folder), "COSIGN_PASSWORD": "", "COSIGN_YES": "true"}
        extra["TUF_ROOT"] = str(self.folder / "tuf")
        return run(built_by_go(_COSIGN, COSIGN_VERSION, "version"), *words, extra=extra, within=_WITHIN)
