"""From docker_auth and from Keycloak to this server, under load and without a failed push or pull.

The registries are configured as the two publish it, and are not touched: what changes is where their token
server's address leads. Distribution 3.x is not among them: it does not find the key that either signs with.
"""

from __future__ import annotations

import base64
import copy
import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization

from app.cli.main import main
from app.keys import keyring
from app.keys.algorithm import Algorithm
from app.keys.create import create
from app.keys.signing_key import KeyState, SigningKey
from tests.support.balancer import Balancer
from tests.support.directory import PASSWORDS
from tests.support.former import DockerAuth, Former, Keycloak
from tests.support.ports import free_port
from tests.support.processes import wait_until
from tests.support.pushing import Client, Load
from tests.support.registry import DOCKER_REGISTRY_2, Registry
from tests.support.server import REALM, Server, configuration
from tests.support.slapd import Slapd

pytestmark = pytest.mark.slow

_ACME: Final = "Acme auth server"
_TURNS: Final = 2
_WITHIN: Final = timedelta(seconds=60)
_DOCKER_AUTH: Final[Mapping[str, Any]] = {
    "token": {"issuer": _ACME, "expiration": 900},
    "acl": [
        {"match": {"account": "/.+/", "name": "${account}/*"}, "actions": ["*"]},
        {"match": {"account": "/.+/"}, "actions": ["pull"]},
    ],
}


@dataclass(slots=True)
class Move:
    """One move: a token server that people have, a registry that believes it, and ours.

    Attributes:
        former: The token server so far.
        front: What the registry's clients reach as their token server.
        host: The registry.
        server: Ours.
        realm: The realm that takes over.
    """

    former: Former
    front: Balancer
    host: str
    server: Server
    realm: str

    def issued_here(self) -> int:
        """Return how many tokens ours has issued."""
        return sum(
            line.get("outcome") == "issued" and line["realm"] == self.realm for line in self.server.audit()
        )


def _key(folder: Path) -> SigningKey:
    """Make the key of a former server."""
    now = datetime.now(UTC)
    kind = {"algorithm": Algorithm.RS256, "state": KeyState.ACTIVE, "common_name": "former", "now": now}
    create(folder, name="former", **kind)  # type: ignore[arg-type]  # each has its type
    return keyring.load(folder).active


def _import(product: str, source: Path, *words: str) -> None:
    done = CliRunner().invoke(main, ["rules", "import", product, str(source), *words])
    assert done.exit_code == 0, done.output


def _certificate(key: SigningKey) -> bytes:
    return key.certificates[0].public_bytes(serialization.Encoding.PEM)


def _docker_auth(folder: Path, slapd: Slapd) -> Iterator[Move]:
    """Move with a key of our own: the registry trusts both."""
    front = Balancer([])
    former = DockerAuth(_key(folder / "former"), _ACME, "/auth")
    front.backends.append(former.port)
    (folder / "auth_config.yml").write_text(yaml.safe_dump(dict(_DOCKER_AUTH)))
    _import("docker-auth", folder / "auth_config.yml", "--out", str(folder / "imported.yaml"))
    settings = configuration(free_port(), slapd)
    settings["realms"][REALM] |= {"issuer": _ACME, "services": {"Docker registry": {}}}
    server = Server(folder / "server", settings, rules=folder / "imported.yaml")
    ours = keyring.load(server.folder / "keys" / REALM)
    (folder / "server.pem").write_bytes(_certificate(former.key) + ours.pem_bundle)
    token = {"realm": f"http://{front.host}/auth", "service": "Docker registry", "issuer": _ACME}
    yield from _running(folder, Move(former, front, "", server, REALM), token)


def _keycloak(folder: Path, slapd: Slapd) -> Iterator[Move]:
    """Move with the key that Keycloak has: nothing changes for the registry."""
    front = Balancer([])
    base = f"http://{front.host}/auth"
    path = "/auth/realms/test/protocol/docker-v2/auth"
    former = Keycloak(_key(folder / "former"), f"{base}/realms/test", path)
    front.backends.append(former.port)
    _write_export(folder / "realm.json", former.key)
    _import("keycloak", folder / "realm.json", "--url", base, "--out", str(folder / "imported"))
    imported = yaml.safe_load((folder / "imported" / "wharfinger.yaml").read_text())["realms"]["test"]
    settings = configuration(free_port(), slapd)
    realm = copy.deepcopy(settings["realms"][REALM])
    realm |= {key: imported[key] for key in ("issuer", "services")}
    realm |= {"rules": str(folder / "imported" / "rules.yaml"), "keys": "keys/test"}
    settings["realms"]["test"] = realm
    server = Server(folder / "server", settings)
    _carry_over(folder / "realm.json", server.folder / "keys" / "test")
    (folder / "server.pem").write_bytes(_certificate(former.key))
    token = {"realm": f"http://{front.host}{path}", "service": "docker-test", "issuer": f"{base}/realms/test"}
    yield from _running(folder, Move(former, front, "", server, "test"), token)


def _write_export(path: Path, key: SigningKey) -> None:
    """Write the export of a realm, with the key as `kc.sh export` has it."""
    private = key.private_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate = key.certificates[0].public_bytes(serialization.Encoding.DER)
    config = {
        "privateKey": [base64.b64encode(private).decode()],
        "certificate": [base64.b64encode(certificate).decode()],
    }
    keys = [{"name": "rsa-generated", "providerId": "rsa-generated", "config": config}]
    mapper = {"protocol": "docker-v2", "protocolMapper": "docker-v2-allow-all-mapper"}
    client = {"clientId": "docker-test", "protocol": "docker-v2", "protocolMappers": [mapper]}
    components = {"org.keycloak.keys.KeyProvider": keys}
    path.write_text(json.dumps({"realm": "test", "clients": [client], "components": components}))


def _carry_over(export: Path, keys: Path) -> None:
    """Put Keycloak's key into a folder of keys, by the commands of the guide but for jq."""
    keys.mkdir(parents=True)
    (provider,) = json.loads(export.read_text())["components"]["org.keycloak.keys.KeyProvider"]
    for name, kind, file in (
        ("privateKey", "pkey", "keycloak.active.pem"),
        ("certificate", "x509", "keycloak.crt"),
    ):
        octets = base64.b64decode(provider["config"][name][0])
        command = ("openssl", kind, "-inform", "DER", "-out", str(keys / file))
        subprocess.run(command, input=octets, check=True, umask=0o077)


def _running(folder: Path, move: Move, token: Mapping[str, str]) -> Iterator[Move]:
    registry = Registry(DOCKER_REGISTRY_2, folder / "registry", free_port())
    move.host = registry.host
    program = registry.asking({**token, "rootcertbundle": str(folder / "server.pem")})
    with move.former, move.front, move.server, program:
        yield move


@pytest.fixture(params=[_docker_auth, _keycloak], ids=["docker_auth", "keycloak"])
def move(request: pytest.FixtureRequest, tmp_path: Path, slapd: Slapd) -> Iterator[Move]:
    """Return a move that has not begun."""
    make: Callable[[Path, Slapd], Iterator[Move]] = request.param
    yield from make(tmp_path, slapd)


def test_nothing_fails_while_the_token_server_changes(move: Move) -> None:
    """Clients with tokens of either server push and pull: before, while both answer, and afterwards."""
    people = [Client(move.host, f"alice/{name}", ("alice", PASSWORDS["alice"])) for name in ("keeps", "asks")]
    keeps, asks = people

    def anew(turn: int) -> None:
        asks.forget_token()
        asks.push_and_pull(b"asks %d" % turn)

    load = Load([lambda turn: keeps.push_and_pull(b"keeps %d" % turn), anew])

    def work(more: int) -> None:
        """Wait until each client has pushed and pulled some times more."""
        wanted = [load.done[number] + more for number in range(2)]
        wait_until(
            lambda: bool(load.failures) or all(load.done[number] >= wanted[number] for number in range(2)),
            within=_WITHIN,
            what="the clients work",
        )

    port = int(move.server.url.rpartition(":")[2])
    with load.at_work():
        work(_TURNS)
        assert move.issued_here() == 0
        move.front.put_in(port)
        work(2 * _TURNS)
        move.front.take_out(move.former.port)
        issued, ours = move.former.issued, move.issued_here()
        work(_TURNS)
    assert load.failures == []
    assert move.former.issued == issued
    assert move.issued_here() > ours > 0
    (kept,) = keeps.keys
    assert kept == move.former.key.libtrust
    ours_by_key = keyring.load(move.server.folder / "keys" / move.realm).active.libtrust
    assert set(asks.keys) == {kept, ours_by_key}
