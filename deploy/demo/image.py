"""A tiny image, made without any network: as an OCI layout to copy from, and in the registry to pull."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import platform
import tarfile
from dataclasses import dataclass
from pathlib import Path

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}
_TEXT = b"Hello from the demo registry.\n"


@dataclass(frozen=True, slots=True)
class Blob:
    """Some bytes of an image, known by their digest."""

    media_type: str
    data: bytes

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()

    def descriptor(self) -> dict[str, object]:
        """Return what an image manifest says of it."""
        return {"mediaType": self.media_type, "digest": f"sha256:{self.digest}", "size": len(self.data)}


@dataclass(frozen=True, slots=True)
class Image:
    """An image of one layer."""

    manifest: Blob
    config: Blob
    layer: Blob

    def blobs(self) -> tuple[Blob, ...]:
        """Return everything it is made of."""
        return (self.layer, self.config, self.manifest)


def hello() -> Image:
    """Make an image that holds one text file; always the same bytes on one kind of machine."""
    layer = Blob(_LAYER, gzip.compress(tar := _tar(), mtime=0))
    machine = platform.machine()
    config = _json(
        _CONFIG,
        {
            "architecture": _ARCHITECTURES.get(machine, machine),
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(tar).hexdigest()}"]},
        },
    )
    described = {"config": config.descriptor(), "layers": [layer.descriptor()]}
    manifest = _json(_MANIFEST, {"schemaVersion": 2, "mediaType": _MANIFEST, **described})
    return Image(manifest, config, layer)


def write_layout(image: Image, folder: Path) -> None:
    """Write an image as an OCI image layout, which skopeo reads as `oci:FOLDER`."""
    for blob in image.blobs():
        _write(folder / "blobs/sha256" / blob.digest, blob.data)
    _write(folder / "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    index = {"schemaVersion": 2, "manifests": [image.manifest.descriptor()]}
    _write(folder / "index.json", json.dumps(index).encode())


def write_to_registry(image: Image, storage: Path, name: str) -> None:
    """Put an image into a registry's file storage as `name:latest`.

    The rules let nobody push there, as it should be, so it goes in behind the registry's back.

    Args:
        image: What to put there.
        storage: The root directory of the registry's filesystem storage driver.
        name: The repository.
    """
    registry = storage / "docker/registry/v2"
    repository = registry / "repositories" / name
    for blob in image.blobs():
        _write(registry / "blobs/sha256" / blob.digest[:2] / blob.digest / "data", blob.data)
    for blob in (image.layer, image.config):
        _link(repository / "_layers/sha256" / blob.digest, blob)
    manifests = repository / "_manifests"
    _link(manifests / "revisions/sha256" / image.manifest.digest, image.manifest)
    _link(manifests / "tags/latest/current", image.manifest)
    _link(manifests / "tags/latest/index/sha256" / image.manifest.digest, image.manifest)


def _tar() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        entry = tarfile.TarInfo("hello.txt")
        entry.size = len(_TEXT)
        entry.mode = 0o644
        archive.addfile(entry, io.BytesIO(_TEXT))
    return data.getvalue()


def _json(media_type: str, value: dict[str, object]) -> Blob:
    return Blob(media_type, json.dumps(value, separators=(",", ":")).encode())


def _link(folder: Path, blob: Blob) -> None:
    _write(folder / "link", f"sha256:{blob.digest}".encode())


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
