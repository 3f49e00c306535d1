"""The pages about registries and about moving here: their commands are run, and their blocks are right."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509

from app import settings
from app.cli.registry import report
from app.keys import keyring
from app.keys.algorithm import Algorithm
from app.keys.create import create
from app.keys.signing_key import KeyState
from tests.docs.following import Reader, blocks_of
from tests.docs.reading import DOCS
from tests.support.stand_in import Registry, claims_of, examined, signed_by, token_answer

HOW_TO = DOCS / "how-to"
ISSUER = "https://auth.example.com/auth/realms/corp"
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def config() -> dict[str, Any]:
    """Return the configuration that the pages begin from."""
    realm = {
        "issuer": ISSUER,
        "services": {"registry.example.com": {}},
        "rules": "rules.yaml",
        "keys": "keys",
        "directory": {
            "servers": ["ldaps://ldap.example.com"],
            "service_account": {"dn": "cn=w", "password_file": "password"},
            "users": {"bases": ["ou=people"]},
            "groups": {"bases": ["ou=groups"]},
        },
    }
    return {"default_realm": "corp", "realms": {"corp": realm}}


@pytest.fixture
def reader(tmp_path: Path, config: dict[str, Any]) -> Reader:
    """Return somebody on a machine where the server is set up."""
    found = Reader(tmp_path)
    path = found.path("/etc/wharfinger/wharfinger.yaml")
    path.write_text(yaml.safe_dump(config))
    create(
        path.parent / "keys",
        name="first",
        algorithm=Algorithm.ES256,
        state=KeyState.ACTIVE,
        common_name="corp",
        now=NOW,
    )
    return found


def test_connect_a_registry(reader: Reader) -> None:
    """Every command prints what the page shows; every block of settings is in what it wrote."""
    settings_of: list[Any] = []
    for block in blocks_of(HOW_TO / "connect-a-registry.md"):
        if block.language == "console":
            reader.follow(block)
        elif block.language == "yaml":
            settings_of.append(yaml.safe_load(block.text))
    services, two, three = settings_of
    assert services == {"services": {"registry.example.com": {}}}
    for folder, shown in (("registry", two), ("registry3", three)):
        written = yaml.safe_load(reader.path(f"/srv/{folder}/config.yml").read_text())
        assert written["auth"] == shown["auth"]


def test_the_output_of_a_check_that_the_page_shows(reader: Reader) -> None:
    """Is what the command prints for such a registry."""
    path = reader.path("/etc/wharfinger/wharfinger.yaml")
    key = keyring.load(path.parent / "keys").active
    good = signed_by(key)
    registry = Registry(
        lambda token: good(token) and claims_of(token)["iss"] == f"{ISSUER}/",
        token_answer(key),
        headers={
            "docker-distribution-api-version": "registry/2.0",
            "content-type": "application/json; charset=utf-8",
        },
        body=b'{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":null}]}',
    )
    (shown,) = (
        block.text
        for block in blocks_of(HOW_TO / "connect-a-registry.md")
        if block.text.startswith("https://registry.example.com: ")
    )
    assert "\n".join(report.as_text(examined(path, registry))) + "\n" == shown


def test_migrate_from_keycloak(reader: Reader, config: dict[str, Any], tmp_path: Path) -> None:
    """In between, registries have both certificates; in the end ours alone."""
    create(
        tmp_path / "keycloak",
        name="realm",
        algorithm=Algorithm.RS256,
        state=KeyState.ACTIVE,
        common_name="corp",
        now=NOW,
    )
    theirs = keyring.load(tmp_path / "keycloak").active.certificates[0]
    bundle = reader.path("/etc/docker/registry/certs.pem")
    bundle.write_bytes(keyring.load(tmp_path / "keycloak").pem_bundle)
    ours = keyring.load(reader.path("/etc/wharfinger/keys")).active.certificates[0]
    seen = []
    registry, own = (
        yaml.safe_load(block.text)
        for block in blocks_of(HOW_TO / "migrate-from-keycloak.md")
        if block.language == "yaml"
    )
    for block in blocks_of(HOW_TO / "migrate-from-keycloak.md"):
        if block.language == "console":
            reader.follow(block)
            seen.append(x509.load_pem_x509_certificates(bundle.read_bytes()))
    assert seen == [[theirs, ours], [theirs, ours], [ours]]
    merged = copy.deepcopy(config)
    merged["realms"]["corp"] |= own["corp"]
    assert merged == config
    assert registry["auth"]["token"]["issuer"] == own["corp"]["issuer"]
    assert registry["auth"]["token"]["service"] in own["corp"]["services"]
    assert settings.load(reader.path("/etc/wharfinger/wharfinger.yaml")).default_realm == "corp"


def test_migrate_from_docker_auth(reader: Reader) -> None:
    """The first ACL is refused as the page says, the second is taken."""
    for block in blocks_of(HOW_TO / "migrate-from-docker_auth.md"):
        if block.language == "yaml":
            reader.path("/etc/docker_auth/auth_config.yml").write_text(block.text)
        elif block.language == "console":
            reader.follow(block)
    assert reader.path("/etc/wharfinger/rules.yaml").exists()
