"""The configuration of zot (https://zotregistry.dev/latest/articles/authn-authz/)."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

from app.registry.agreement import Agreement
from app.registry.config.trust import CERTIFICATE

PORT = 5000
STORAGE = "/var/lib/registry"
FOLDER = PurePosixPath("/etc/zot")


def configuration(agreement: Agreement, folder: PurePosixPath) -> str:
    """Return a whole configuration file.

    Args:
        agreement: What the registry and the realm agree on.
        folder: Where the registry finds the certificate.
    """
    whole = {
        "distSpecVersion": "1.1.1",
        # With `dedupe`, whoever knows a digest reads that blob from any repository that they may pull from.
        "storage": {"rootDirectory": STORAGE, "dedupe": False},
        "http": {
            "compat": ["docker2s2"],  # without it every `docker push` ends with "manifest invalid"
            "address": "0.0.0.0",  # noqa: S104 - within its container; the compose file publishes on loopback
            "port": str(PORT),
            "auth": {
                "bearer": {
                    "realm": agreement.realm,
                    "service": agreement.service,
                    "cert": str(folder / CERTIFICATE),
                }
            },
        },
        "log": {"level": "info"},
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
