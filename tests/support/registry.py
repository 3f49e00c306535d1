"""Real registries that trust the server: Debian's docker-registry 2.8 and Distribution 3.x."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.support.golang import built_by_go
from tests.support.processes import Program, answers
from tests.support.server import SERVICE, Server
from tests.support.tools import require

DISTRIBUTION_VERSION: Final = "v3.1.2"

_COMMAND: Final = "github.com/distribution/distribution/v3/cmd/registry"

# Distribution 3.x would look for a collector of traces.
_ENVIRONMENT: Final = {"OTEL_TRACES_EXPORTER": "none"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of registry.

    Attributes:
        name: What messages and test ids call it.
        binary: Finds its program, or ends the test with a reason.
        trust: The key of its token settings that takes our keys, and the published file for it.
    """

    name: str
    binary: Callable[[], Path]
    trust: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry of one kind and its storage; `open` and `trusting` are two ways to run it.

    Attributes:
        kind: Which one.
        folder: Configuration, log and storage.
        port: Its loopback port.
    """

    kind: Kind
    folder: Path
    port: int

    @property
    def host(self) -> str:
        """How clients call it: the first part of an image's name."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Its address for curl."""
        return f"http://{self.host}"

    def image(self, repository: str, tag: str = "latest") -> str:
        """Return the name of an image in it, as docker has it."""
        return f"{self.host}/{repository}:{tag}"

    def open(self) -> Program:
        """Return it without any login: how a test puts images into it that nobody may push."""
        return self._program("open", {}, expected=200)

    def trusting(self, server: Server, realm: str = "") -> Program:
        """Return it as an administrator sets it up beside this server, which is running.

        Args:
            server: Whose keys it trusts.
            realm: Where it sends clients for a token; to the server itself where nothing is given.
        """
        setting, published = self.kind.trust
        keys = server.fetch_keys(self.folder / "trust")
        token = {
            "realm": realm or server.token_url,
            "service": SERVICE,
            "issuer": server.issuer,
            setting: str(keys / published),
        }
        return self.asking(token)

    def asking(self, token: Mapping[str, str]) -> Program:
        """Return it with some settings of `auth.token`."""
        return self._program("trusting", {"auth": {"token": dict(token)}}, expected=401)

    def _program(self, name: str, settings: dict[str, Any], *, expected: int) -> Program:
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / f"{name}.yml"
        storage = {"filesystem": {"rootdirectory": str(self.folder / "storage")}, "delete": {"enabled": True}}
        http = {"addr": self.host, "secret": "the same over a restart"}
        config.write_text(yaml.safe_dump({"version": 0.1, "storage": storage, "http": http} | settings))
        return Program(
            name=self.kind.name,
            argv=(self.kind.binary(), "serve", config),
            log=self.folder / f"{name}.log",
            ready=answers(f"{self.url}/v2/", expected),
            extra=_ENVIRONMENT,
        )


def _docker_registry() -> Path:
    return require("docker-registry")


def _distribution() -> Path:
    return built_by_go(_COMMAND, DISTRIBUTION_VERSION, "--version")


DOCKER_REGISTRY_2: Final = Kind("docker-registry 2.8", _docker_registry, ("rootcertbundle", "certs.pem"))
DISTRIBUTION_3: Final = Kind("Distribution 3.x", _distribution, ("jwks", "jwks.json"))
