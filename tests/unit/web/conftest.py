"""A web application over objects in memory."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.bootstrap import Parts
from app.directory.directory import LdapDirectory
from app.keys.keyring import KeyRing
from app.serving.settings import ServerSettings
from app.web.application import create
from tests.support.directory import FakeDirectory
from tests.support.parts import NO_AUDIT, Collector, make_issuer, make_realm


@pytest.fixture
def directory() -> FakeDirectory:
    """Return the directory that the application asks."""
    return FakeDirectory()


@pytest.fixture
def told() -> Collector:
    """Return what the application records into."""
    return Collector()


@pytest.fixture
def client(ring: KeyRing, directory: FakeDirectory, told: Collector) -> FlaskClient:
    """Return a client of an application with the sample realm."""
    issuer = make_issuer(make_realm(ring, directory), told)
    directories: dict[str, LdapDirectory] = {"demo": directory}  # type: ignore[dict-item]  # it has the same ping
    return create(
        Parts(ServerSettings(), 64 * 1024, "demo", {"demo": issuer}, directories, NO_AUDIT)
    ).test_client()
