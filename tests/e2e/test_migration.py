"""While people move here from another token server, registries believe both."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from app.keys import keyring
from app.keys.algorithm import Algorithm
from app.keys.create import create
from app.keys.kid import LIBTRUST
from app.keys.signing_key import KeyState
from tests.support.clients import PASSWORDS, Skopeo
from tests.support.configured import started, written
from tests.support.images import Layout
from tests.support.registry import DOCKER_REGISTRY_2
from tests.support.server import SERVICE, Server


@pytest.mark.slow
def test_keycloaks_certificate_and_ours_in_one_bundle(
    server: Server, tmp_path: Path, skopeo: Skopeo, layout: Layout
) -> None:
    """A push with our tokens goes through, and a token as Keycloak signs it is still taken."""
    create(
        tmp_path / "keycloak",
        name="realm",
        algorithm=Algorithm.RS256,
        state=KeyState.ACTIVE,
        common_name="demo",
        now=datetime.now(UTC),
    )
    keycloak = keyring.load(tmp_path / "keycloak")
    folder = written(server, tmp_path / "out", "distribution2", "yaml", "--folder", tmp_path / "out")
    bundle = folder / "certs.pem"
    bundle.write_bytes(keycloak.pem_bundle + bundle.read_bytes())
    registry = started(DOCKER_REGISTRY_2, folder, "yaml")
    now = int(time.time())
    claims = {
        "iss": server.issuer,
        "sub": "alice",
        "aud": SERVICE,
        "exp": now + 60,
        "nbf": now,
        "iat": now,
        "jti": "1",
        "access": [],
    }
    token = keycloak.active.sign(claims, kid_format=LIBTRUST, x5c=False)
    with registry.program:
        skopeo.store(registry.host, "alice", PASSWORDS["alice"])
        pushed = skopeo.push(layout, f"{registry.host}/platform/app:latest")
        assert pushed.status == 0, pushed.text
        answer = requests.get(
            f"http://{registry.host}/v2/", headers={"Authorization": f"Bearer {token}"}, timeout=5
        )
        assert answer.status_code == 200
