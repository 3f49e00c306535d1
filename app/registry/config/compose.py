"""A compose file around a registry."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

import yaml

from app.registry.agreement import RegistryKind

FILE = "docker-compose.yml"
STORAGE = "/var/lib/registry"
PORT = 5000
IMAGES = {
    RegistryKind.DISTRIBUTION2: "registry:2.8.3",
    RegistryKind.DISTRIBUTION3: "registry:3.1.2",
    RegistryKind.ZOT: "ghcr.io/project-zot/zot-linux-amd64:v2.1.20",
}
ENVIRONMENT: dict[RegistryKind, dict[str, str]] = {
    # It would send traces to a collector on its own host, and log every few seconds that there is none.
    RegistryKind.DISTRIBUTION3: {"OTEL_TRACES_EXPORTER": "none"},
}


def compose_file(kind: RegistryKind, folder: PurePosixPath, names: Iterable[str]) -> str:
    """Return the compose file.

    The registry is published on the loopback address only: it speaks plain HTTP, so a proxy with TLS
    belongs before it.

    Args:
        kind: Which registry.
        folder: Where its image has its configuration.
        names: The files beside the compose file that it reads.
    """
    service: dict[str, object] = {
        "image": f"${{REGISTRY_IMAGE:-{IMAGES[kind]}}}",
        "restart": "unless-stopped",
        "ports": [f"127.0.0.1:${{REGISTRY_PORT:-{PORT}}}:{PORT}"],
        "volumes": [*(f"./{name}:{folder / name}:ro" for name in names), f"registry:{STORAGE}"],
    }
    if variables := ENVIRONMENT.get(kind):
        service["environment"] = variables
    return yaml.safe_dump(
        {"services": {"registry": service}, "volumes": {"registry": {}}}, sort_keys=False, width=1000
    )
