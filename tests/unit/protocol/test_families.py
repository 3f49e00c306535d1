"""Families of clients: known by what they say of themselves, and silent where they are not known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol import families
from app.protocol.families import FAMILIES, Family, Shows, family
from app.protocol.request import Client

_ENGINE = (
    r"docker/28.2.2 go/go1.24.3 git-commit/45873be kernel/6.1.0 os/linux arch/amd64 "
    r"UpstreamClient(Docker-Client/28.2.2 \(linux\))"
)


@pytest.mark.parametrize(
    ("user_agent", "client_id", "known"),
    [
        (_ENGINE, "", families.DOCKER),
        (_ENGINE, "docker", families.DOCKER),
        ("Docker-Client/28.2.2 (linux)", "", families.DOCKER),
        ("Go-http-client/1.1", "buildkit-client", families.BUILDKIT),
        ("containerd/2.0.2+unknown", "buildkit-client", families.BUILDKIT),
        ("containerd/2.0.2+unknown", "containerd-client", families.CONTAINERD),
        ("buildkit/v0.20", "", families.BUILDKIT),
        ("skopeo/1.9.3", "", families.SKOPEO),
        ("Buildah/1.28.2", "", families.BUILDAH),
        ("containers/5.23.1 (github.com/containers/image)", "", families.CONTAINERS_IMAGE),
        ("libpod/4.3.1", "", families.CONTAINERS_IMAGE),
        ("cri-o/1.29.1 go/go1.21 os/linux arch/amd64", "", families.CONTAINERS_IMAGE),
        ("crane/v0.22.1 go-containerregistry/v0.22.1", "", families.GO_CONTAINERREGISTRY),
        ("cosign/v2.4.1 (linux; amd64) go-containerregistry/v0.20.2", "", families.GO_CONTAINERREGISTRY),
        ("oras/1.3.6", "", families.ORAS),
        ("oras-go", "", families.ORAS),
        ("Helm/3.17.0", "", families.HELM),
        ("containerd/1.6.20", "", families.CONTAINERD),
        (_ENGINE, "containerd-client", families.CONTAINERD),
        ("docker/29.0.0 containerd-client/2.1.5 storage-driver/overlayfs", "", families.CONTAINERD),
        ("regclient/regctl (v0.11.7)", "", families.UNKNOWN),
        ("Go-http-client/1.1", "", families.UNKNOWN),
        ("Mozilla/5.0 (X11; like docker)", "", families.DOCKER),
        ("mydocker/1.0", "", families.UNKNOWN),
        ("orascope/1.0", "", families.UNKNOWN),
        ("", "", families.UNKNOWN),
    ],
)
def test_a_client_is_known_by_a_whole_word(user_agent: str, client_id: str, known: Family) -> None:
    """The name of a product in the User-Agent, or the `client_id`; a part of a word is no name."""
    assert family(Client(None, client_id, user_agent)) is known


@given(st.text(max_size=256), st.text(max_size=32))
def test_every_text_has_a_family(user_agent: str, client_id: str) -> None:
    """Whatever a client sends: it is one of the table, or unknown."""
    assert family(Client(None, client_id, user_agent)) in (*FAMILIES, families.UNKNOWN)


def test_nothing_is_told_to_an_unknown_client() -> None:
    """It gets what the specification says."""
    assert families.UNKNOWN.shows is Shows.NONE
