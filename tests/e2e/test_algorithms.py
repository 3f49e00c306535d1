"""What real registries make of algorithms: EdDSA in a bundle, and an algorithm that is not the key's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from app.keys.algorithm import Algorithm
from app.keys.create import create
from app.keys.signing_key import KeyState
from tests.support.clients import PASSWORDS
from tests.support.ports import free_port
from tests.support.processes import ProgramFailed
from tests.support.pushing import Client
from tests.support.registry import DISTRIBUTION_3, DOCKER_REGISTRY_2, Kind, Registry
from tests.support.server import REALM, SERVICE, Server, configuration
from tests.support.slapd import Slapd

pytestmark = pytest.mark.slow


def _push_and_pull(registry: Registry) -> None:
    Client(registry.host, "platform/app", ("alice", PASSWORDS["alice"])).push_and_pull(b"content")


def test_an_eddsa_key_is_no_harm_to_distribution_2(start_server: Callable[..., Server], slapd: Slapd) -> None:
    """It does not start with the certificate of an EdDSA key, so the published bundle is without it."""
    server = start_server(slapd)
    key = create(
        server.folder / "keys" / REALM,
        name="eddsa",
        algorithm=Algorithm.EDDSA,
        state=KeyState.ANNOUNCED,
        common_name="k",
        now=datetime.now(UTC),
    )
    registry = Registry(DOCKER_REGISTRY_2, server.folder / "registry", free_port())
    program = registry.trusting(server)
    bundle = registry.folder / "trust" / "certs.pem"
    server.command("keys", "publish", bundle.parent, check=True)
    with program:
        _push_and_pull(registry)

    bundle.write_bytes(bundle.read_bytes() + key.certificates[0].public_bytes(Encoding.PEM))
    with pytest.raises(ProgramFailed, match=r"public key type ed25519\.PublicKey is not supported"):
        program.start()


@pytest.mark.parametrize("kind", [DOCKER_REGISTRY_2, DISTRIBUTION_3], ids=lambda kind: kind.name)
def test_the_algorithm_of_a_service(kind: Kind, slapd: Slapd, tmp_path: Path) -> None:
    """An RSA key signs with RS512 where a service wants that, though the JWK Set says RS256 of it."""
    settings = configuration(free_port(), slapd)
    settings["realms"][REALM]["services"] = {SERVICE: {"algorithm": "RS512"}}
    with Server(tmp_path / "wharfinger", settings, algorithm="RS256") as server:
        registry = Registry(kind, tmp_path / "registry", free_port())
        with registry.trusting(server):
            _push_and_pull(registry)
