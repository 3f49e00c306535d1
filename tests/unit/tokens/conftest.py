"""What the tests of issuing share."""

from __future__ import annotations

import pytest

from tests.support.parts import Collector


@pytest.fixture
def told() -> Collector:
    """Return a recorder that keeps what it is told."""
    return Collector()
