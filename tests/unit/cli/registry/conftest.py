"""The same configuration as in the tests of what the commands call."""

from __future__ import annotations

from tests.unit.registry.conftest import config as config  # noqa: PLC0414 - a fixture
