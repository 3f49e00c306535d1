"""A whole rotation under load: registries restart one after the other, or not at all, and nothing fails."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from app import files
from app.keys import keyring
from app.keys.signing_key import SigningKey
from tests.support.authority import Authority
from tests.support.balancer import Balancer
from tests.support.clients import PASSWORDS, Skopeo
from tests.support.images import Layout, write_layout
from tests.support.ports import free_port
from tests.support.processes import Program
from tests.support.pushing import Client, Load
from tests.support.registry import DISTRIBUTION_3, DOCKER_REGISTRY_2, Kind, Registry
from tests.support.server import REALM, SERVICE, Server, configuration
from tests.support.slapd import Slapd

pytestmark = pytest.mark.slow

_INSTANCES: Final = 2
_TEAM: Final = (("alice", "platform"), ("bob", "web"))


@dataclass(slots=True)
class Cluster:
    """Several registries of one kind on one storage, behind a balancer."""

    registries: list[Registry]
    balancer: Balancer
    running: dict[int, Program] = field(default_factory=dict)

    @classmethod
    def of(cls, kind: Kind, folder: Path) -> Cluster:
        """Prepare one."""
        storage = folder / "storage"
        storage.mkdir(parents=True, exist_ok=True)
        registries = [Registry(kind, folder / str(number), free_port()) for number in range(_INSTANCES)]
        for registry in registries:
            registry.folder.mkdir(exist_ok=True)
            (registry.folder / "storage").symlink_to(storage)
        return cls(registries, Balancer([registry.port for registry in registries]))

    @contextlib.contextmanager
    def started(self, server: Server) -> Iterator[None]:
        """Run all of it."""
        with self.balancer:
            try:
                for registry in self.registries:
                    self._start(registry, server)
                yield
            finally:
                for program in self.running.values():
                    program.stop()

    def restart_one_after_the_other(self, server: Server) -> None:
        """Take one out of the balancer, give it the new files, restart it, put it in; then the next."""
        for registry in self.registries:
            self.balancer.take_out(registry.port)
            self.running[registry.port].stop()
            server.command("keys", "publish", registry.folder / "trust", check=True)
            self._start(registry, server)
            self.balancer.put_in(registry.port)

    def _start(self, registry: Registry, server: Server) -> None:
        program = self.running[registry.port] = registry.trusting(server)
        program.start()


@dataclass(slots=True)
class Stage:
    """The server and both clusters under load.

    Attributes:
        server: The token server, of two processes.
        clusters: Registries of each kind.
        clients: Who pushes and pulls.
        load: Their work.
    """

    server: Server
    clusters: list[Cluster]
    clients: list[Client]
    load: Load

    @property
    def folder(self) -> Path:
        """The keys."""
        return self.server.folder / "keys" / REALM

    def keys(self) -> dict[str, SigningKey]:
        """Return the keys by their states; a rotation has one of each at the most."""
        return {key.state: key for key in keyring.load(self.folder).keys}

    def rotate(self, *words: str) -> dict[str, Any]:
        """Call the command until its next step is done, as an operator does."""
        while True:
            said = self.server.command("keys", "rotate", "--format", "json", *words)
            outcome: dict[str, Any] = json.loads(said.stdout)
            if said.status == 0:
                return outcome
            due = datetime.fromisoformat(outcome["next_at"])
            time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()) + 0.1)

    def taken(self, key: SigningKey) -> int:
        """Say how many requests registries took with a token of a key."""
        return sum(client.keys[key.libtrust] + client.keys[key.rfc7638] for client in self.clients)

    def go_on(self, seconds: float) -> None:
        """Let the clients work."""
        time.sleep(seconds)
        assert not self.load.failures, self.load.failures[:5]


def _settings(slapd: Slapd, **service: Any) -> dict[str, Any]:
    """Return a configuration of which tokens live as short as they may, so that a rotation takes minutes."""
    settings = configuration(free_port(), slapd)
    settings["server"]["workers"] = 2
    realm = settings["realms"][REALM]
    realm["lifetimes"] = {"default": "60s", "push": "60s", "backdate": "10s"}
    realm["keys_propagation"] = "5s"
    realm["services"] = {SERVICE: service}
    return settings


@contextlib.contextmanager
def _stage(server: Server, kinds: list[Kind], folder: Path) -> Iterator[Stage]:
    clusters = [Cluster.of(kind, folder / f"cluster-{number}") for number, kind in enumerate(kinds)]
    with contextlib.ExitStack() as running:
        running.enter_context(server)
        for cluster in clusters:
            running.enter_context(cluster.started(server))
        clients = [
            Client(cluster.balancer.host, f"{team}/load", (name, PASSWORDS[name]))
            for cluster in clusters
            for name, team in _TEAM
        ]
        copies = [
            _copying(cluster.balancer.host, folder / f"skopeo-{number}")
            for number, cluster in enumerate(clusters)
        ]
        load = Load([*map(_pushing, clients), *copies])
        with load.at_work():
            yield Stage(server, clusters, clients, load)


def _pushing(client: Client) -> Callable[[int], None]:
    return lambda turn: client.push_and_pull(f"{client.repository} {turn}".encode())


def _copying(host: str, folder: Path) -> Callable[[int], None]:
    """Return what a real client does, of which every run fetches tokens of its own."""
    folder.mkdir()
    skopeo, image = Skopeo(folder), f"{host}/platform/skopeo:latest"
    skopeo.store(host, "alice", PASSWORDS["alice"])

    def copy(turn: int) -> None:
        there, back = write_layout(folder / f"in-{turn}", f"turn {turn}"), Layout(folder / f"out-{turn}")
        for done in (skopeo.copy_in(there, image), skopeo.copy_out(image, back)):
            assert done.status == 0, done.text
        assert back.blobs() == there.blobs()

    return copy


def _check(stage: Stage, old: SigningKey, new: SigningKey) -> None:
    """Nothing failed, everybody worked all the time, and registries took tokens of both keys."""
    load = stage.load
    assert load.failures == []
    assert len(load.done) == len(load.operations)
    assert min(load.done.values()) > 1, load.done
    assert stage.taken(old)
    assert stage.taken(new)
    logging.getLogger("test").info(
        "operations %s, requests %s", dict(load.done), (stage.taken(old), stage.taken(new))
    )


def test_with_restarts(slapd: Slapd, tmp_path: Path) -> None:
    """Registries that are given certs.pem or jwks.json are restarted one after the other, twice."""
    server = Server(tmp_path / "wharfinger", _settings(slapd))
    with _stage(server, [DOCKER_REGISTRY_2, DISTRIBUTION_3], tmp_path) as stage:
        old = stage.keys()["active"]
        stage.go_on(5)
        assert stage.rotate()["step"] == "announce"
        new = stage.keys()["announced"]
        for cluster in stage.clusters:
            cluster.restart_one_after_the_other(server)
        stage.go_on(3)
        assert stage.taken(new) == 0

        assert stage.rotate("--registries-ready")["step"] == "activate"
        before = stage.taken(old)
        stage.go_on(15)
        assert stage.taken(old) > before, "tokens of the retired key are good until they expire"

        assert stage.rotate()["step"] == "remove"
        assert stage.keys().keys() == {"active"}
        for cluster in stage.clusters:
            cluster.restart_one_after_the_other(server)
        stage.go_on(5)
    _check(stage, old, new)


def test_with_an_authority(slapd: Slapd, tmp_path: Path) -> None:
    """Registries that trust the authority of the keys are neither given anything nor restarted."""
    now = datetime.now(UTC)
    authority = Authority.make(now)
    server = Server(tmp_path / "wharfinger", _settings(slapd, x5c=True))
    kinds = [
        replace(kind, trust=("rootcertbundle", "authority.pem"))
        for kind in (DOCKER_REGISTRY_2, DISTRIBUTION_3)
    ]

    def certify(key: SigningKey) -> None:
        files.replace(folder / f"{key.name}.crt", authority.certify(key.public_key, now), mode=0o644)

    folder = server.folder / "keys" / REALM
    certify(keyring.load(folder).active)
    # One instance of each trusts the root, the other one only the authority that certifies the keys.
    for number, trusted in itertools.product(range(len(kinds)), enumerate(authority.pems)):
        trust = tmp_path / f"cluster-{number}" / str(trusted[0]) / "trust"
        trust.mkdir(parents=True)
        (trust / "authority.pem").write_bytes(trusted[1])
    with _stage(server, kinds, tmp_path) as stage:
        old = stage.keys()["active"]
        stage.go_on(5)
        assert stage.rotate()["step"] == "announce"
        new = stage.keys()["announced"]
        certify(new)
        assert stage.rotate()["step"] == "activate"
        stage.go_on(15)
        assert stage.rotate()["step"] == "remove"
        stage.go_on(5)
    _check(stage, old, new)
