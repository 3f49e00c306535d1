"""Manifests around a registry: everything in one file, ready for `kubectl apply`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml

from app.registry.agreement import RegistryKind
from app.registry.config.compose import ENVIRONMENT, IMAGES, PORT, STORAGE
from app.registry.config.trust import Trust

FILE = "registry.yaml"
_NAME = "registry"
_CONFIGURATION, _KEYS = "registry-config", "registry-trust"
_LABELS = {"app.kubernetes.io/name": _NAME}


def manifests(
    kind: RegistryKind, folder: PurePosixPath, configuration: Mapping[str, str], trust: Trust
) -> str:
    """Return the manifests.

    Args:
        kind: Which registry.
        folder: Where its image has its configuration.
        configuration: Its one configuration file, by name.
        trust: The keys; certificates and public keys, so that they need be no Secret.
    """
    keys = {name: data.decode() for name, data in trust.files.items()}
    documents = (
        _config_map(_CONFIGURATION, configuration),
        _config_map(_KEYS, keys),
        _claim(),
        _deployment(kind, folder, next(iter(configuration)), tuple(keys)),
        _service(),
    )
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=1000)


def _config_map(name: str, data: Mapping[str, str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _metadata(name), "data": dict(data)}


def _claim() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": _metadata("registry-storage"),
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}},
    }


def _deployment(
    kind: RegistryKind, folder: PurePosixPath, configuration: str, keys: tuple[str, ...]
) -> dict[str, Any]:
    variables = [{"name": name, "value": value} for name, value in ENVIRONMENT.get(kind, {}).items()]
    container = {
        "name": _NAME,
        "image": IMAGES[kind],
        **({"env": variables} if variables else {}),
        "ports": [{"name": "http", "containerPort": PORT}],
        "volumeMounts": [
            *_mounts("config", folder, (configuration,)),
            *_mounts("trust", folder, keys),
            {"name": "storage", "mountPath": STORAGE},
        ],
        # Without a token the API answers 401, which a probe by HTTP would take for a failure.
        "readinessProbe": {"tcpSocket": {"port": "http"}},
        "livenessProbe": {"tcpSocket": {"port": "http"}},
    }
    volumes = [
        {"name": "config", "configMap": {"name": _CONFIGURATION}},
        {"name": "trust", "configMap": {"name": _KEYS}},
        {"name": "storage", "persistentVolumeClaim": {"claimName": "registry-storage"}},
    ]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(_NAME),
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},  # the storage can be mounted once only
            "selector": {"matchLabels": _LABELS.copy()},
            "template": {
                "metadata": {"labels": _LABELS.copy()},
                "spec": {"containers": [container], "volumes": volumes},
            },
        },
    }


def _mounts(volume: str, folder: PurePosixPath, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Mount single files: the folder of the image has others beside them."""
    for name in names:
        yield {"name": volume, "mountPath": str(folder / name), "subPath": name, "readOnly": True}


def _service() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(_NAME),
        "spec": {"selector": _LABELS.copy(), "ports": [{"name": "http", "port": PORT, "targetPort": "http"}]},
    }


def _metadata(name: str) -> dict[str, Any]:
    return {"name": name, "labels": _LABELS.copy()}
