"""A registry that trusts the server and already has the image of everybody."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.clients import Skopeo
from tests.support.images import Layout, write_layout
from tests.support.ports import free_port
from tests.support.registry import Kind, Registry
from tests.support.server import Server

PUBLIC_IMAGE: Final = "base/hello"


@dataclass(frozen=True, slots=True)
class Seeded:
    """The running registry, and what lies in its `base/hello`."""

    registry: Registry
    public: Layout

    @property
    def host(self) -> str:
        """How clients call it."""
        return self.registry.host

    def image(self, repository: str, tag: str = "latest") -> str:
        """Return the name of an image in it."""
        return self.registry.image(repository, tag)


@contextlib.contextmanager
def seeded_registry(kind: Kind, folder: Path, server: Server, realm: str = "") -> Iterator[Seeded]:
    """Run a registry with `base/hello` in it; `realm` is where it sends clients, if not to the server.

    By the sample rules nobody may push there, so the image is put in while the registry asks for no login.
    """
    registry = Registry(kind, folder / "registry", free_port())
    public = write_layout(folder / "public", "the image of everybody")
    with registry.open():
        copied = Skopeo(folder).copy_in(public, registry.image(PUBLIC_IMAGE))
        assert copied.status == 0, copied.text
    with registry.trusting(server, realm):
        yield Seeded(registry, public)
