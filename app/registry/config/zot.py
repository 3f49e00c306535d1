"""The configuration of zot (https://zotregistry.dev/latest/articles/authn-authz/)."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

from app.registry.config.connection import Connection
from app.registry.config.trust import CERTIFICATE

PORT = 5000
STORAGE = "/var/lib/registry"
FOLDER = PurePosixPath("/etc/zot")


def configuration(connection: Connection, folder: PurePosixPath) -> str:
    """Give a whole configuration file.

    Args:
        connection: What the registry and the realm agree on.
        folder: Where the registry finds the certificate.
    """
    whole = {
        "distSpecVersion": "1.1.1",
        "storage": {"rootDirectory": STORAGE},
        "http": {
            "address": "0.0.0.0",  # noqa: S104 - within its container; the compose file publishes on loopback
            "port": str(PORT),
            "auth": {
                "bearer": {
                    "realm": connection.realm,
                    "service": connection.service,
                    "cert": str(folder / CERTIFICATE),
                }
            },
        },
        "log": {"level": "info"},
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
