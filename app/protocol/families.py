"""Families of clients: which of them show the person at the terminal why a request was refused.

The specification (Distribution, spec/auth/token) answers a scope that is not granted with a token without it;
the registry then says no more than "denied". Most clients show what the token server says when it refuses
itself. Each family here was tried (docs/reference/clients.md); of any other nothing is known, so it is
answered as the specification has it.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

from app.protocol.request import Client

_BREAKS: Final = re.compile(r"[\s()\\;,]+")
"""What stands between the products of a User-Agent (RFC 9110 §10.1.5)."""


class Shows(enum.Enum):
    """Which refusal a client shows the person.

    Attributes:
        FORBIDDEN: One that says that this person may not.
        UNAUTHORIZED: One that asks for another login; of the former it shows nothing but the status.
        NONE: None that is known.
    """

    FORBIDDEN = enum.auto()
    UNAUTHORIZED = enum.auto()
    NONE = enum.auto()


@dataclass(frozen=True, slots=True)
class Family:
    """Clients that are made of the same code, and so show the same.

    Attributes:
        name: For people.
        products: Names of products in the User-Agent, in lower case; one is enough.
        client_ids: Values of `client_id`; one is enough.
        login: The command with which a person logs in, without the registry.
    """

    name: str
    shows: Shows
    products: frozenset[str] = frozenset()
    client_ids: frozenset[str] = frozenset()
    login: str = "docker login"


CONTAINERD: Final = Family(
    "containerd",
    Shows.NONE,
    frozenset({"containerd", "containerd-client", "kubelet"}),
    frozenset({"containerd-client"}),
)
BUILDKIT: Final = Family("BuildKit", Shows.NONE, frozenset({"buildkit"}), frozenset({"buildkit-client"}))
DOCKER: Final = Family("Docker", Shows.FORBIDDEN, frozenset({"docker", "docker-client"}))
SKOPEO: Final = Family("skopeo", Shows.UNAUTHORIZED, frozenset({"skopeo"}), login="skopeo login")
BUILDAH: Final = Family("buildah", Shows.UNAUTHORIZED, frozenset({"buildah"}), login="buildah login")
CONTAINERS_IMAGE: Final = Family(
    "containers/image",
    Shows.UNAUTHORIZED,
    frozenset({"containers", "libpod", "podman", "cri-o"}),
    login="podman login",
)
GO_CONTAINERREGISTRY: Final = Family(
    "go-containerregistry", Shows.FORBIDDEN, frozenset({"go-containerregistry"}), login="crane auth login"
)
ORAS: Final = Family("oras", Shows.FORBIDDEN, frozenset({"oras", "oras-go"}), login="oras login")
HELM: Final = Family("Helm", Shows.FORBIDDEN, frozenset({"helm"}), login="helm registry login")
UNKNOWN: Final = Family("unknown", Shows.NONE)

FAMILIES: Final = (
    BUILDKIT,
    CONTAINERD,  # before Docker, whose Engine names it too where it leaves the registry to it
    DOCKER,
    SKOPEO,
    BUILDAH,
    CONTAINERS_IMAGE,
    GO_CONTAINERREGISTRY,
    ORAS,
    HELM,
)
"""The first that knows a client is its family."""


def family(client: Client) -> Family:
    """Return the family of a client, by what it says of itself; nothing of that is verified."""
    products = {product.partition("/")[0].lower() for product in _BREAKS.split(client.user_agent)}
    return next(
        (one for one in FAMILIES if client.name in one.client_ids or not one.products.isdisjoint(products)),
        UNKNOWN,
    )
