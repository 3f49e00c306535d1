"""A configuration whose registries are configured and checked."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml


@pytest.fixture
def config(tmp_path: Path, ring_folder: Path) -> Path:
    """Return a configuration with two realms: the issuer of the second says nothing of its address."""
    realm = {
        "issuer": "https://auth.example.com/auth/realms/corp",
        "services": {"registry.example.com": {}},
        "rules": "rules.yaml",
        "keys": str(ring_folder),
        "directory": {
            "servers": ["ldaps://ldap.example.com"],
            "service_account": {"dn": "cn=w", "password_file": "password"},
            "users": {"bases": ["ou=people"]},
            "groups": {"bases": ["ou=groups"]},
        },
    }
    other = copy.deepcopy(realm) | {"issuer": "https://auth.example.com/"}
    path = tmp_path / "wharfinger.yaml"
    path.write_text(yaml.safe_dump({"default_realm": "corp", "realms": {"corp": realm, "other": other}}))
    return path
