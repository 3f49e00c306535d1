"""One kind of client before one registry, with credentials as a test wants them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.costs import COSTS
from tests.support.clients import Skopeo
from tests.support.commands import Finished
from tests.support.containerd import Ctr
from tests.support.crane import Crane
from tests.support.engine import Engine
from tests.support.measured import Client, LoggedIn, Measured
from tests.support.newcomers import Newcomer
from tests.support.oras import Oras, Regctl
from tests.support.podman import Podman
from tests.support.seeded import Seeded

CLIENTS: Final = ("skopeo", "podman", "buildah", "docker", "crane", "oras", "regctl", "ctr")


@dataclass(frozen=True, slots=True)
class Bench:
    """One kind of client before one registry."""

    name: str
    registry: Seeded
    measured: Measured
    request: pytest.FixtureRequest
    folder: Path
    _made: list[Client] = field(default_factory=list)

    def client(self, person: Newcomer | None = None, password: str = "") -> Client:
        """Return a client that knows somebody's credentials, or nobody's."""
        folder = self.folder / str(len(self._made))
        folder.mkdir()
        made = self._make(folder, person, password)
        self._made.append(made)
        return made

    def _make(self, folder: Path, person: Newcomer | None, password: str) -> Client:
        if self.name == "ctr":
            socket: Path = self.request.getfixturevalue("containerd")
            return Ctr(socket, person.name, password or person.password) if person else Ctr(socket)
        made = self._unknown(folder)
        if person:
            made.store(self.registry.host, person.name, password or person.password)
        return made

    def _unknown(self, folder: Path) -> LoggedIn:
        if self.name == "docker":
            engine: Engine = self.request.getfixturevalue("engine")
            return engine.client(folder)
        makers: dict[str, Callable[[Path], LoggedIn]] = {
            "skopeo": Skopeo,
            "podman": lambda path: Podman("podman", path),
            "buildah": lambda path: Podman("buildah", path),
            "crane": Crane,
            "oras": Oras,
            "regctl": Regctl,
        }
        return makers[self.name](folder)

    def run(self, operation: str, what: Callable[[], Finished]) -> Finished:
        """Run an operation, which must cost what it is known to cost."""
        return self.measured(COSTS[self.name][operation], what)
