"""A tiny image as an OCI layout: no network, no engine, and bytes that a test can compare."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
_LAYER: Final = "application/vnd.oci.image.layer.v1.tar+gzip"
_TAG: Final = "latest"


@dataclass(frozen=True, slots=True)
class Layout:
    """An OCI layout with one image."""

    folder: Path

    @property
    def reference(self) -> str:
        """How skopeo calls it."""
        return f"oci:{self.folder}:{_TAG}"

    def blobs(self) -> dict[str, bytes]:
        """Return every blob by its SHA-256, each checked against it."""
        found = {path.name: path.read_bytes() for path in (self.folder / "blobs" / "sha256").iterdir()}
        for digest, content in found.items():
            assert hashlib.sha256(content).hexdigest() == digest
        return found


def write_layout(folder: Path, content: str, layers: int = 1) -> Layout:
    """Write an image whose file `hello` has this content; each further layer has one more file.

    Args:
        folder: Where to; made if it is not there.
        content: Images of one content are equal byte by byte, others share nothing.
        layers: How many there are.
    """
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    tars = [tar_of({"hello": content.encode()})]
    tars += [tar_of({f"hello-{number}": f"{content} {number}".encode()}) for number in range(1, layers)]
    config = _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {
                "type": "layers",
                "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in tars],
            },
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": _put(blobs, config, _CONFIG),
            "layers": [_put(blobs, gzip.compress(layer, mtime=0), _LAYER) for layer in tars],
        }
    )
    entry = _put(blobs, manifest, _MANIFEST) | {"annotations": {"org.opencontainers.image.ref.name": _TAG}}
    (folder / "index.json").write_bytes(_json({"schemaVersion": 2, "manifests": [entry]}))
    (folder / "oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))
    return Layout(folder)


def tar_of(files: dict[str, bytes]) -> bytes:
    """Return a tar archive of these files, the same bytes each time."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()


def _put(blobs: Path, content: bytes, media_type: str) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    (blobs / digest).write_bytes(content)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
